import Checkpoints
import Console
import Foundation
import Training

/// A README of the form that the Hugging Face hub reads (hub documentation, "Model Cards"), from what a checkpoint and its run
/// tell: what they do not is called unknown.
struct ModelCard {
    let text: String

    /// - Parameters:
    ///   - weights: how many there are.
    ///   - program: name and version of what writes it.
    /// - Throws: as `TrainingRecord`.
    init(of model: HubFolder, weights: Int, as precision: WeightPrecision, by program: String) throws {
        let record = try TrainingRecord(of: model.source, model.configuration)
        let name = record.name ?? model.source.resolvingSymlinksInPath().lastPathComponent
        let sections = [
            CardHeader(of: model, record, name: name).yaml,
            "# \(name)",
            Self.summary(model, weights, precision)
                + "\n\nWritten by \(program) from the files of the checkpoint and of its run. The language and the license of what it learned "
                + "from are unknown to them: add both above before you publish it, and read the rest, which names files of the "
                + "machine that trained.",
            "## Use\n\n" + Self.use(model),
            "## Training\n\n" + record.training,
            "## Results\n\n" + record.results(precision),
            "## Limits\n\n" + Self.limits(model, record).map { "- \($0)" }.joined(separator: "\n"),
        ]
        text = (sections + record.recipes).joined(separator: "\n\n") + "\n"
    }

    private static func summary(_ model: HubFolder, _ weights: Int, _ precision: WeightPrecision) -> String {
        let (configuration, encoder) = (model.configuration, model.encoder)
        let head =
            if let target = configuration.target {
                target.isValue
                    ? "a regression head"
                    : "a classifier of \((configuration.labelNames ?? []).map { "`\($0)`" }.joined(separator: ", "))"
            } else {
                configuration.hasMaskedWords ? "a head for masked words" : "no head"
            }
        return
            "An encoder of text with \(head): \(encoder.layers) layers, \(encoder.width) columns, \(encoder.heads) heads of "
            + "`\(encoder.attention.name)` attention, \(Show.grouped(encoder.vocabulary)) pieces, at most "
            + "\(Show.grouped(encoder.positions)) tokens; \(Show.count(weights)) weights in \(precision.rawValue)."
            + (configuration.provenance?.attention.map { " The attention's options: `\($0)`." } ?? "")
    }

    private static func use(_ model: HubFolder) -> String {
        let command =
            if model.configuration.target != nil {
                "yoso predict --checkpoint FOLDER < sentences"
            } else {
                (model.configuration.hasMaskedWords ? "yoso fill \"some [MASK] here\" --checkpoint FOLDER\n    " : "")
                    + "yoso embed --checkpoint FOLDER < sentences"
            }
        guard model.isOfTransformers else {
            return "transformers has no such encoder, and refuses it by its `model_type`:\n\n    " + command
        }
        let kind = (model.configuration.architectures?.first ?? "").split(separator: "For", maxSplits: 1).last
        let loader =
            switch kind {
            case "SequenceClassification": "AutoModelForSequenceClassification"
            case "MaskedLM", "PreTraining": "AutoModelForMaskedLM"
            default: "AutoModel"
            }
        return """
                from transformers import AutoTokenizer, \(loader)
                tokenizer, model = AutoTokenizer.from_pretrained("FOLDER"), \(loader).from_pretrained("FOLDER")

            or, without Python:

                \(command)
            """
    }

    private static func limits(_ model: HubFolder, _ record: TrainingRecord) -> [String] {
        [
            "Inputs are cut behind \(Show.grouped(model.configuration.provenance?.length ?? model.encoder.positions)) tokens.",
            record.dev == nil ? nil : "The epoch was chosen by the score on the same dev rows that it is reported on.",
            "Nobody has examined here what it says of people, or of text unlike that which it learned from.",
        ].compactMap { $0 }
    }
}

extension HuggingFaceConfiguration {
    /// Whether it has the head that `yoso fill` takes.
    var hasMaskedWords: Bool {
        architectures?.contains { $0.hasSuffix("ForMaskedLM") || $0.hasSuffix("ForPreTraining") } ?? false
    }
}

extension HubFolder {
    /// Whether transformers has such a model, and knows the tokenizer.
    var isOfTransformers: Bool { configuration.modelType != HuggingFaceConfiguration.ownModelType }
}
