import Checkpoints
import Foundation
import Tasks
import Training

/// The YAML in front of a model card, which the hub filters and lists models by (hub documentation, "Model card metadata").
struct CardHeader {
    let yaml: String

    init(of model: HubFolder, _ record: TrainingRecord, name: String, _ earlier: EarlierCard, onnx: OnnxModel?) {
        let configuration = model.configuration
        let isEmbedding = onnx == nil && !model.modules.files.isEmpty
        let pipeline =
            onnx?.givesHiddenStates ?? false
            ? "feature-extraction"
            : configuration.target != nil
                ? configuration.isOfWords ? "token-classification" : "text-classification"
                : isEmbedding
                    ? "sentence-similarity" : configuration.hasMaskedWords ? "fill-mask" : "feature-extraction"
        let library =
            onnx != nil
            ? "onnx" : isEmbedding ? "sentence-transformers" : model.isOfTransformers ? "transformers" : "yoso"
        let lines =
            ["---"] + earlier.yaml + [
                "library_name: \(library)", "pipeline_tag: \(pipeline)", "tags:", "- yoso",
                "- \(configuration.modelType)",
            ]
        // Scores are of the head.
        let results = onnx?.givesHiddenStates ?? false ? [] : Self.results(record, name, pipeline)
        yaml = (lines + results + ["---"]).joined(separator: "\n")
    }

    /// The scores as a `model-index`, by which the hub shows them.
    private static func results(_ record: TrainingRecord, _ name: String, _ pipeline: String) -> [String] {
        guard let dev = record.dev, let task = record.task else { return [] }
        let evaluation = dev.evaluation
        let subset = evaluation.subsets?.first { $0.split == "dev" }
        let (type, title) = (record.isGenerated ? "generated" : task.name, record.rows ?? task.title)
        var (dataset, more) = (["type: \(quoted(type))", "name: \(quoted(title))"], [String]())
        if record.isGlue {
            more = ["datasets:", "- \(glue)"]
            dataset = [
                "type: \(glue)", "name: \(quoted("GLUE \(task.title)" + (subset.map { " (\($0))" } ?? "")))",
                "config: \(task.name)",
            ]
            if task.dev.count == 1, subset == nil { dataset.append("split: validation") }
        }
        let metrics = evaluation.scores.sorted { $0.key < $1.key }.flatMap { name, value in
            return [
                "    - type: \(hubName(Metric(ofScore: name)))", "      name: \(quoted(name))", "      value: \(value)",
            ]
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
        case .f1, .macroF1, .microF1, .entityF1: "f1"
        case .entityPrecision: "precision"
        case .entityRecall: "recall"
        case .matthews: "matthews_correlation"
        case .pearson: "pearsonr"
        case .spearman: "spearmanr"
        case .meanAbsoluteError: "mae"
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
