import Checkpoints
import Foundation
import Tasks
import Training

/// The YAML in front of a model card, which the hub filters and lists models by (hub documentation, "Model card metadata").
struct CardHeader {
    let yaml: String

    init(of model: HubFolder, _ record: TrainingRecord, name: String) {
        let configuration = model.configuration
        let isEmbedding = !model.modules.files.isEmpty
        let pipeline =
            configuration.target != nil
            ? "text-classification"
            : isEmbedding ? "sentence-similarity" : configuration.hasMaskedWords ? "fill-mask" : "feature-extraction"
        let library = isEmbedding ? "sentence-transformers" : model.isOfTransformers ? "transformers" : "yoso"
        let lines = [
            "---", "license: unknown", "library_name: \(library)", "pipeline_tag: \(pipeline)", "tags:", "- yoso",
            "- \(configuration.modelType)",
        ]
        yaml = (lines + Self.results(record, name, pipeline) + ["---"]).joined(separator: "\n")
    }

    /// The scores as a `model-index`, by which the hub shows them.
    private static func results(_ record: TrainingRecord, _ name: String, _ pipeline: String) -> [String] {
        guard let dev = record.dev, let task = record.task else { return [] }
        let evaluation = dev.evaluation
        let subset = evaluation.subsets?.first { $0.split == "dev" }
        var (dataset, more) = (["type: \(quoted(task.name))", "name: \(quoted(task.title))"], [String]())
        if record.isGlue {
            more = ["datasets:", "- \(glue)"]
            dataset = [
                "type: \(glue)", "name: \(quoted("GLUE \(task.title)" + (subset.map { " (\($0))" } ?? "")))",
                "config: \(task.name)",
            ]
            if task.dev.count == 1, subset == nil { dataset.append("split: validation") }
        }
        let metrics = evaluation.scores.sorted { $0.key < $1.key }.flatMap { name, value in
            let metric = name.split(separator: " ").first.flatMap { Metric(rawValue: String($0)) }
            return ["    - type: \(hubName(metric))", "      name: \(quoted(name))", "      value: \(value)"]
        }
        return more + [
            "model-index:", "- name: \(quoted(name))", "  results:", "  - task:", "      type: \(pipeline)",
            "    dataset:",
        ] + dataset.map { "      \($0)" } + ["    metrics:"] + metrics
    }

    private static let glue = "nyu-mll/glue"

    /// What the hub calls a metric.
    private static func hubName(_ metric: Metric?) -> String {
        switch metric {
        case .accuracy: "accuracy"
        case .f1, .macroF1, .microF1: "f1"
        case .matthews: "matthews_correlation"
        case .pearson: "pearsonr"
        case .spearman: "spearmanr"
        case nil: "other"
        }
    }

    /// As a scalar that YAML cannot misread.
    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
