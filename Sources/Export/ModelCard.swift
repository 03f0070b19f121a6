import Checkpoints
import Console
import Foundation
import Inference
import Training

/// A README of the form that the Hugging Face hub reads (hub documentation, "Model Cards"), from what a checkpoint and its run
/// tell: what they do not is called unknown.
struct ModelCard {
    let text: String

    /// - Parameter program: name and version of what writes it.
    /// - Throws: as `TrainingRecord`.
    init(of model: HubFolder, _ weights: any HubWeights, by program: String) throws {
        let record = try TrainingRecord(of: model.source, model.configuration)
        let name = record.name ?? model.source.resolvingSymlinksInPath().lastPathComponent
        let earlier = EarlierCard(of: model.source)
        let sections = [
            CardHeader(of: model, record, name: name, earlier, onnx: weights as? OnnxModel).yaml,
            "# \(name.onOneLine)",
            Self.summary(model, weights)
                + "\n\nWritten by \(program) from the files of the checkpoint and of its run. "
                + (earlier.unknown.map { "They do not tell the \($0) of what it learned from: add that above. " } ?? "")
                + "Read all before you publish it, for it names files of the machine that trained.",
            "## Use\n\n" + ((weights as? OnnxModel).map { Self.use($0, model) } ?? Self.use(model)),
            "## Training\n\n" + record.training,
            "## Results\n\n" + record.results(weights.precision),
            "## Limits\n\n" + Self.limits(model, record).map { "- \($0)" }.joined(separator: "\n"),
        ]
        text =
            (sections + record.recipes + (earlier.body.map { ["## The card before the export\n\n\($0)"] } ?? []))
            .joined(separator: "\n\n") + "\n"
    }

    private static func summary(_ model: HubFolder, _ weights: any HubWeights) -> String {
        let (configuration, encoder) = (model.configuration, model.encoder)
        let head =
            if (weights as? OnnxModel)?.givesHiddenStates ?? false {
                "no head"
            } else if let target = configuration.target {
                target.isValue
                    ? "a regression head"
                    : "a classifier of \((configuration.labelNames ?? []).map(Self.code).joined(separator: ", "))"
            } else {
                configuration.hasMaskedWords ? "a head for masked words" : "no head"
            }
        return
            "An encoder of text with \(head): \(encoder.layers) layers, \(encoder.width) columns, \(encoder.heads) heads of "
            + "`\(encoder.attention.name)` attention, \(Show.grouped(encoder.vocabulary)) pieces, at most "
            + "\(Show.grouped(encoder.positions)) tokens; \(Show.count(weights.count)) weights in \(weights.precision.rawValue)."
            + (configuration.provenance?.attention.map { " The attention's options: `\($0)`." } ?? "")
    }

    /// As code in a line, between as many backticks as do not stand in it (CommonMark, section 6.1).
    private static func code(_ text: String) -> String {
        let longest = text.split { $0 != "`" }.map(\.count).max() ?? 0
        let (fence, space) = (String(repeating: "`", count: longest + 1), longest > 0 ? " " : "")
        return fence + space + text.onOneLine + space + fence
    }

    private static func use(_ model: HubFolder) -> String {
        let command =
            if model.configuration.target != nil {
                "yoso predict --checkpoint FOLDER < sentences"
            } else {
                (model.configuration.hasMaskedWords ? "yoso fill \"some [MASK] here\" --checkpoint FOLDER\n    " : "")
                    + "yoso embed --checkpoint FOLDER < sentences"
            }
        if let objection = model.objection { return "For other programs \(objection).\n\n    " + command }
        guard model.isOfTransformers else {
            return "transformers has no such encoder, and refuses it by its `model_type`:\n\n    " + command
        }
        guard model.configuration.usesExpectation ?? true else {
            return
                "transformers computes it by CUDA kernels of its own alone, which draw other hashes at every call:\n\n"
                + "    \(command)"
        }
        let kind = (model.configuration.architectures?.first ?? "").split(separator: "For", maxSplits: 1).last
        let loader =
            switch kind {
            case "SequenceClassification": "AutoModelForSequenceClassification"
            case "TokenClassification": "AutoModelForTokenClassification"
            case "MaskedLM", "PreTraining": "AutoModelForMaskedLM"
            default: "AutoModel"
            }
        // Its YosoModel hands the mask on as it is to what wants it extended.
        let padding =
            model.encoder.family == .yoso
            ? "The YOSO of transformers 5.24 attends to padding whatever the mask says: pass it texts of one length at a time.\n\n"
            : ""
        return """
                from transformers import AutoTokenizer, \(loader)
                tokenizer, model = AutoTokenizer.from_pretrained("FOLDER"), \(loader).from_pretrained("FOLDER")

            \(padding)or, without Python:

                \(command)
            """
    }

    private static func use(_ onnx: OnnxModel, _ model: HubFolder) -> String {
        let tokens =
            model.objection.map { "tokens = …    # \($0)" } ?? """
                from transformers import AutoTokenizer
                    tokens = AutoTokenizer.from_pretrained("FOLDER")(
                        ["some text"], padding=True, truncation=True, return_tensors="np")
                """
        return """
                from onnxruntime import InferenceSession
                \(tokens)
                \(onnx.output.name), = InferenceSession("FOLDER/\(OnnxModel.fileName)").run(None, dict(tokens))

            `\(onnx.output.name)` is [\(onnx.output.shape.joined(separator: ", "))]; padding changes nothing of it, and an input has at most \(Show.grouped(model.encoder.longest)) tokens.
            """
    }

    private static func limits(_ model: HubFolder, _ record: TrainingRecord) -> [String] {
        [
            "Inputs are \(model.configuration.isOfWords ? "read in pieces of" : "cut behind") "
                + "\(Show.grouped(model.length)) tokens.",
            record.dev == nil || !record.isEpochChosen
                ? nil : "The epoch was chosen by the score on the same dev rows that it is reported on.",
            record.isSearched
                ? "Its settings were chosen among others by the score on the same dev rows that it is reported on."
                : nil,
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
    var isOfTransformers: Bool {
        configuration.modelType != HuggingFaceConfiguration.ownModelType && objection == nil
    }
}
