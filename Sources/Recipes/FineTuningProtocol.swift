import Glue
import Options
import Tasks
import Training

/// How a published table was fine-tuned: what has to be the same before numbers are compared with it.
public struct FineTuningProtocol: Sendable {
    public let name: String
    /// Where it is from.
    public let source: String
    /// Keys that are the same for every task.
    let common: [String: String]
    /// Keys of single tasks, over the common ones.
    let byTask: [String: [String: String]]
    /// Values that are tried, the best on the dev set counts; empty where nothing is tuned.
    let grid: [(key: String, values: [String])]
    /// Seeds whose median, or mean, is reported, of most tasks.
    public let seeds: Int
    /// Whether MRPC, STS-B and RTE begin from MNLI's encoder.
    public var start = Start.free

    /// What a protocol says of beginning from another task's encoder.
    public enum Start: Sendable {
        case wanted, free, forbidden
    }

    /// The keys for `task`, as if they were given with `--set`.
    public func overrides(_ task: TaskSource) -> [ResolvedRecipe.Override] {
        common.merging(byTask[task.name] ?? [:]) { _, own in own }.sorted { $0.key < $1.key }.map {
            ResolvedRecipe.Override(key: $0.key, value: $0.value, argument: "--protocol \(name)")
        }
    }

    /// Of `settings`, each a `KEY=VALUE`, those that it has otherwise for any of its tasks: with them a run is not by it.
    public func changes(in settings: [String]) -> [String] {
        settings.filter { text in
            let (key, value) = (text.prefix { $0 != "=" }, text.drop { $0 != "=" }.dropFirst())
            let rules = ([common] + byTask.values).compactMap { $0[String(key)] }
            let unsaid = rules.isEmpty && !grid.contains { $0.key == key } ? Self.unsaid[String(key)] : nil
            return (rules + [unsaid].compactMap { $0 }).contains { rule in
                rule != value && (Double(rule) == nil || Double(rule) != Double(value))
            }
        }
    }

    /// What a recipe has by default of how weights change, and what is meant where a protocol says nothing of it.
    private static let unsaid: [String: String] = {
        let (keys, options) = (["labelSmoothing", "schedule.shape"], FineTuningOptions())
        return FineTuningOptions.options.reduce(into: [:]) {
            guard keys.contains($1.name) || ["optimizer.", "layers."].contains(where: $1.name.hasPrefix) else { return }
            $0[$1.name] = $1.texts(options).first
        }
    }()

    /// What its authors and others report by it.
    public var published: [PublishedScores] { PublishedScores.ofProtocol(name) }

    /// `key=value,value` for a search.
    public var search: [String] { grid.map { "\($0.key)=\($0.values.joined(separator: ","))" } }

    public static func named(_ name: String) -> FineTuningProtocol? { all.first { $0.name == name } }

    public static let all: [FineTuningProtocol] = [
        FineTuningProtocol(
            name: "bert", source: "Devlin et al. 2019, appendix A.3, and run_classifier.py",
            common: settings(batch: 32, epochs: 3, warmup: "10%"),
            byTask: score(mrpc: .f1, qqp: .f1, stsb: .spearman),
            grid: [("optimizer.rate", ["5e-5", "4e-5", "3e-5", "2e-5"])], seeds: 1),
        FineTuningProtocol(
            name: "miniatures", source: "Turc et al. 2019, and the README of google-research/bert",
            common: settings(batch: 32, epochs: 4, warmup: "10%"), byTask: [:],
            grid: [
                ("optimizer.rate", ["3e-4", "1e-4", "5e-5", "3e-5"]),
                ("batch", [8, 16, 32, 64, 128].map { "\($0) sequences" }),
            ], seeds: 1),
        FineTuningProtocol(
            name: "m-fac", source: "model cards of M-FAC/bert-mini-finetuned-*, Adam",
            common: settings(rate: "1e-4", batch: 32, epochs: 5, warmup: "0 steps")
                .merging(trainingArguments) { $1 },
            byTask: ["sst2": ["epochs": "3"]], grid: [], seeds: 5),
        FineTuningProtocol(
            name: "run-glue", source: "transformers, examples/pytorch/text-classification",
            common: settings(rate: "2e-5", batch: 32, epochs: 3, warmup: "0 steps")
                .merging(trainingArguments) { $1 },
            byTask: ["mrpc": ["epochs": "5"], "wnli": ["epochs": "5"]], grid: [], seeds: 1),
        FineTuningProtocol(
            name: "sane", source: "Geiping & Goldstein 2023, Cramming, GLUE-sane",
            common: settings(rate: "4e-5", batch: 16, epochs: 5, warmup: "10%")
                .merging([
                    "schedule.shape": "cosine", "optimizer.beta2": "0.98", "optimizer.decay": "0",
                    "optimizer.clip": "0",
                ]) { $1 },
            byTask: score(mrpc: .f1, qqp: .f1, stsb: .pearson), grid: [], seeds: 5, start: .forbidden),
        FineTuningProtocol(
            name: "mosaic", source: "mosaicml/examples, finetuning_jobs.py",
            // DecoupledAdamW's decay is a share of the peak rate, a tenth of it (of RTE all), which is what rate times decay is here;
            // biases and norms, which decay there, do not.
            common: settings(batch: 16, epochs: 3, warmup: "6%")
                .merging([
                    "length": "256", "optimizer.beta2": "0.98", "optimizer.decay": "0.1", "optimizer.clip": "0",
                ]) { $1 },
            byTask: [
                "mnli": mosaic(rate: "5e-5", batch: 48, epochs: 3),
                "rte": mosaic(rate: "1e-5", batch: 16, epochs: 3, ["optimizer.decay": "1"]),
                "qqp": mosaic(rate: "3e-5", batch: 16, epochs: 5),
                "cola": mosaic(rate: "5e-5", batch: 32, epochs: 10),
                "mrpc": mosaic(rate: "8e-5", batch: 32, epochs: 10),
                "qnli": mosaic(rate: "1e-5", batch: 16, epochs: 10),
                "sst2": mosaic(rate: "3e-5", batch: 16, epochs: 3),
                "stsb": mosaic(rate: "3e-5", batch: 32, epochs: 10, ["score": "spearman"]),
            ], grid: [], seeds: 5, start: .wanted),
        FineTuningProtocol(
            // Its encoder's rates have one factor of 0.8 more, and MRPC is trained on in both orders there.
            name: "electra", source: "google-research/electra, ELECTRA-small",
            common: settings(rate: "3e-4", batch: 32, epochs: 3, warmup: "10%")
                .merging(["layers.rateDecay": "0.8"]) { $1 },
            byTask: score(mrpc: .accuracy, qqp: .accuracy, stsb: .spearman)
                .merging(["rte": ["epochs": "10"], "stsb": ["epochs": "10", "score": "spearman"]]) { $1 },
            grid: [], seeds: 10),
    ]

    /// What transformers' TrainingArguments have where nothing is said.
    private static let trainingArguments = ["optimizer.decay": "0", "optimizer.epsilon": "1e-8"]

    private static func settings(
        rate: String? = nil, batch: Int, epochs: Int, warmup: String
    ) -> [String: String] {
        var settings = [
            "batch": "\(batch) sequences", "epochs": "\(epochs)", "schedule.warmup": warmup,
            "selection": EpochSelection.last.rawValue,
        ]
        settings["optimizer.rate"] = rate
        return settings
    }

    /// Scores by one metric where a task has two.
    private static func score(mrpc: Metric, qqp: Metric, stsb: Metric) -> [String: [String: String]] {
        ["mrpc": mrpc, "qqp": qqp, "stsb": stsb].mapValues { ["score": $0.rawValue] }
    }

    private static func mosaic(
        rate: String, batch: Int, epochs: Int, _ more: [String: String] = [:]
    ) -> [String: String] {
        ["optimizer.rate": rate, "batch": "\(batch) sequences", "epochs": "\(epochs)"].merging(more) { $1 }
    }
}
