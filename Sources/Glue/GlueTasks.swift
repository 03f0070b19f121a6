extension GlueTask {
    /// The tasks, in the order of the benchmark's table.
    public static let all: [GlueTask] = [
        task(
            "cola", "CoLA", ["sentence"], columns: ["source", "label", "mark", "sentence"], metrics: [.matthews],
            others: [.accuracy], rows: (8_551, 1_043, 1_063)),
        task("sst2", "SST-2", ["sentence"], rows: (67_349, 872, 1_821)),
        task(
            "mrpc", "MRPC", ["#1 String", "#2 String"], label: "Quality", metrics: [.f1, .accuracy],
            rows: (3_668, 408, 1_725)),
        task(
            "stsb", "STS-B", ["sentence1", "sentence2"], label: "score", labels: [], metrics: [.pearson, .spearman],
            rows: (5_749, 1_500, 1_379)),
        task(
            "qqp", "QQP", ["question1", "question2"], label: "is_duplicate", metrics: [.f1, .accuracy],
            rows: (363_846, 40_430, 390_965)),
        GlueTask(
            name: "mnli", title: "MNLI", texts: ["sentence1", "sentence2"], label: "gold_label", columns: nil,
            labels: inference, metrics: [.accuracy], others: [],
            train: File(name: "train", title: "MNLI", rows: 392_702),
            dev: [
                File(name: "dev_matched", title: "MNLI-m", rows: 9_815),
                File(name: "dev_mismatched", title: "MNLI-mm", rows: 9_832),
            ],
            test: [
                File(name: "test_matched", title: "MNLI-m", rows: 9_796),
                File(name: "test_mismatched", title: "MNLI-mm", rows: 9_847),
            ]),
        task(
            "qnli", "QNLI", ["question", "sentence"], labels: ["entailment", "not_entailment"],
            rows: (104_743, 5_463, 5_463)),
        task(
            "rte", "RTE", ["sentence1", "sentence2"], labels: ["entailment", "not_entailment"],
            rows: (2_490, 277, 3_000)),
        task("wnli", "WNLI", ["sentence1", "sentence2"], rows: (635, 71, 146)),
    ]

    /// AX, the diagnostic set: no training rows of its own, predicted by a model of MNLI and scored by R_K.
    public static let diagnostic = GlueTask(
        name: "ax", title: "diagnostic", texts: ["sentence1", "sentence2"], label: "label", columns: nil,
        labels: inference, metrics: [.matthews], others: [], train: nil, dev: [],
        test: [File(name: "diagnostic", title: "AX", rows: 1_104)])

    /// In the order of Hugging Face's datasets; others differ, so labels are always matched by name.
    private static let inference = ["entailment", "neutral", "contradiction"]

    private static func task(
        _ name: String, _ title: String, _ texts: [String], label: String = "label", columns: [String]? = nil,
        labels: [String] = ["0", "1"], metrics: [Metric] = [.accuracy], others: [Metric] = [],
        rows: (train: Int, dev: Int, test: Int)
    ) -> GlueTask {
        GlueTask(
            name: name, title: title, texts: texts, label: label, columns: columns, labels: labels, metrics: metrics,
            others: others, train: File(name: "train", title: title, rows: rows.train),
            dev: [File(name: "dev", title: title, rows: rows.dev)],
            test: [File(name: "test", title: title, rows: rows.test)])
    }
}
