import Options
import Tasks

/// The tasks of the GLUE benchmark (Wang et al. 2019).
public enum GlueTask {
    /// In the order of the benchmark's table.
    public static let all: [TaskSource] = tasks.map { task in
        var task = task
        task.strangers = tasks.flatMap(\.folders).filter { !task.folders.contains($0) }
        return task
    }

    private static let tasks: [TaskSource] = [
        task(
            "cola", "CoLA", [["sentence"]], names: ["unacceptable", "acceptable"],
            columns: ["source", "label", "mark", "sentence"], metrics: [.matthews], others: [.accuracy],
            rows: (8_551, 1_043, 1_063)),
        task("sst2", "SST-2", [["sentence"]], names: ["negative", "positive"], rows: (67_349, 872, 1_821)),
        task(
            "mrpc", "MRPC", [["#1 String", "sentence1"], ["#2 String", "sentence2"]], label: "Quality",
            names: ["not_equivalent", "equivalent"], metrics: [.f1, .accuracy], rows: (3_668, 408, 1_725)),
        task(
            "stsb", "STS-B", pair, label: "score", target: .value(0...5), metrics: [.pearson, .spearman],
            rows: (5_749, 1_500, 1_379)),
        task(
            "qqp", "QQP", [["question1"], ["question2"]], label: "is_duplicate", names: ["not_duplicate", "duplicate"],
            metrics: [.f1, .accuracy], rows: (363_846, 40_430, 390_965)),
        mnli,
        task(
            "qnli", "QNLI", [["question"], ["sentence"]], target: .classes(["entailment", "not_entailment"]),
            rows: (104_743, 5_463, 5_463)),
        task("rte", "RTE", pair, target: .classes(["entailment", "not_entailment"]), rows: (2_490, 277, 3_000)),
        task("wnli", "WNLI", pair, names: ["not_entailment", "entailment"], rows: (635, 71, 146)),
    ]

    private static let mnli = {
        var mnli = task(
            "mnli", "MNLI", [["sentence1", "premise"], ["sentence2", "hypothesis"]], label: "gold_label",
            target: inference, rows: (392_702, 9_815, 9_796))
        mnli.dev = [
            file("dev_matched", "MNLI-m", 9_815, or: "validation_matched"),
            file("dev_mismatched", "MNLI-mm", 9_832, or: "validation_mismatched"),
        ]
        mnli.test = [file("test_matched", "MNLI-m", 9_796), file("test_mismatched", "MNLI-mm", 9_847)]
        mnli.undecided = "-"
        return mnli
    }()

    /// AX, the diagnostic set: no training rows of its own, predicted by a model of MNLI and scored by R_K.
    public static let diagnostic = {
        var diagnostic = mnli
        (diagnostic.name, diagnostic.title, diagnostic.label, diagnostic.folders) = (
            "ax", "diagnostic", ["label"], ["ax", "diagnostic"]
        )
        (diagnostic.metrics, diagnostic.train, diagnostic.dev) = ([.matthews], nil, [])
        diagnostic.test = [file("diagnostic", "AX", 1_104)]
        (diagnostic.undecided, diagnostic.hint) = (nil, hint("ax"))
        return diagnostic
    }()

    /// The task called `name`, in any case and with or without a dash.
    ///
    /// - Parameter others: names besides that may have been meant.
    /// - Throws: `TaskError` that names the tasks there are.
    public static func named(_ name: String, or others: [String] = []) throws -> TaskSource {
        let plain = TaskSource.plain(name)
        guard let task = all.first(where: { $0.name == plain }) else {
            let names = all.map(\.name) + others
            let hint = Spelling.hint(for: plain, among: names)
            throw TaskError("", "unknown task '\(name)'\(hint); tasks: \(names.joined(separator: ", "))")
        }
        return task
    }

    private static let pair = [["sentence1"], ["sentence2"]]
    /// In the order of Hugging Face's datasets; others differ, so labels are always matched by name.
    private static let inference = Target.classes(["entailment", "neutral", "contradiction"])

    private static func task(
        _ name: String, _ title: String, _ texts: [[String]], label: String = "label",
        target: Target = .classes(["0", "1"]), names: [String]? = nil, columns: [String]? = nil,
        metrics: [Metric] = [.accuracy], others: [Metric] = [], rows: (train: Int, dev: Int, test: Int)
    ) -> TaskSource {
        var task = TaskSource(
            name: name, title: title, texts: texts, label: label == "label" ? [label] : [label, "label"],
            target: target, metrics: metrics, others: others, train: file("train", title, rows.train),
            dev: [file("dev", title, rows.dev, or: "validation")], test: [file("test", title, rows.test)])
        (task.labelNames, task.columns, task.hint) = (names, columns, hint(name))
        (task.folders, task.hasSeveralSpellings, task.allowsEmptyTexts) = ([name, TaskSource.plain(title)], true, true)
        return task
    }

    private static func hint(_ name: String) -> String { "`yoso data glue --output DIR --tasks \(name)` fetches it" }

    /// A split in the official layout, or as Hugging Face's datasets are written out.
    private static func file(_ stem: String, _ title: String, _ rows: Int, or other: String? = nil) -> TaskSource.File {
        let names = [stem, other].compactMap { $0 }.flatMap { stem in
            ["tsv", "csv", "jsonl", "json"].flatMap { ["\(stem).\($0)", "\(stem).\($0).gz"] }
        }
        return TaskSource.File(names: names, title: title, rows: rows)
    }
}
