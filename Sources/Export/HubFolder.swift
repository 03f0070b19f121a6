import Bert
import Checkpoints
import Experiments
import Foundation
import Inference
import Tokenization
import Training

/// A checkpoint to take away: weights, configuration, tokenizer and a model card, in a folder as the Hugging Face hub has them.
public struct HubFolder {
    /// What weights are written as.
    public enum Format: Sendable {
        case safetensors(WeightPrecision)
        /// `hiddenStates`: of the encoder alone, whatever head there is.
        case onnx(hiddenStates: Bool)

        public enum Name: String, CaseIterable, Sendable { case safetensors, onnx }

        /// - Throws: `UsageError` where the format has no such precision or outputs.
        public init(_ name: Name, _ precision: WeightPrecision?, hiddenStates: Bool) throws {
            switch name {
            case .safetensors where hiddenStates:
                throw UsageError("--hidden-states: wanted --format onnx; safetensors hold a model whole")
            case .safetensors: self = .safetensors(precision ?? .fp32)
            case .onnx where precision ?? .fp32 != .fp32:
                throw UsageError(
                    "--precision \(precision?.rawValue ?? ""): wanted fp32, which an ONNX file is written in")
            case .onnx: self = .onnx(hiddenStates: hiddenStates)
            }
        }
    }

    public let source: URL
    let configuration: HuggingFaceConfiguration
    let tokenizer: any Tokenizer
    let encoder: EncoderOptions
    let modules: SentenceModules
    /// Tokens of an input that are read where nothing else is said.
    let length: Int
    /// Why there is no `tokenizer.json`; nil where there is one.
    let objection: String?

    /// Opens a checkpoint, ours or another's.
    ///
    /// - Parameter warn: hears of what of the checkpoint is not known here.
    /// - Throws: `CheckpointError`, or `TokenizationError`, of the first file that is missing, damaged, or of another model.
    public init(of source: URL, warn: (String) -> Void) throws {
        self.source = source
        try AtomicFolder.verify(source, foreign: true)
        configuration = try HuggingFaceConfiguration(of: source)
        tokenizer = try TokenizerFolder.load(source)
        let encoder = try EncoderOptions(of: source, tokenizer, length: 1)
        let modules = try SentenceModules(of: source)
        (self.encoder, self.modules) = (encoder, modules)
        length =
            try configuration.target == nil
            ? SentenceEmbedding.length(of: encoder, modules)
            : SavedClassifier.length(of: encoder, configuration, source)
        objection = TokenizerFolder.objection(tokenizer)
        if let objection { warn(objection) }
        let notes =
            if let target = configuration.target {
                try Classifier.check(source, encoder, target)
            } else {
                try ModelFolder.check(source, encoder, { $0.name.hasPrefix("cls.") ? .optional : .required }) {
                    _ = MaskedWords(on: Encoder(encoder, $0), $0)
                }
            }
        // Tensors that nobody reads here go along.
        if let note = notes.without("").note(of: source, nil) { warn(note) }
    }

    /// Writes the folder, which must not be there, whole or not at all: what was written is read back before it counts.
    ///
    /// - Parameter program: name and version of what writes it.
    /// - Throws: `CheckpointError` where the format has no such model or weight, or a file cannot be written or reads back as another.
    public func write(to output: String, as format: Format, by program: String) throws {
        let url = URL(fileURLWithPath: output, isDirectory: true)
        try RunFolder.checkNoStep(above: url)
        try AtomicFolder.write(to: url, replaces: false) { folder in
            let weights: any HubWeights =
                switch format {
                case .safetensors(let precision): try CheckpointWeights(of: source, fitting: precision)
                case .onnx(let hiddenStates): try OnnxModel(of: self, hiddenStates: hiddenStates, by: program)
                }
            try weights.write(into: folder)
            try writeOthers(to: folder)
            let card = try ModelCard(of: self, weights, by: program)
            try OutputFile.write([AtomicFolder.cardName: Data(card.text.utf8)], to: folder)
            try weights.check(writtenInto: folder)
            try checkOthers(in: folder)
        }
    }

    /// Configuration, tokenizer, and what sentence-transformers wrote.
    private func writeOthers(to folder: URL) throws {
        try configuration.write(to: folder)
        let length = try configuration.provenance?.length ?? TokenizerFolder.longestInput(of: source) ?? .max
        try OutputFile.write(TokenizerFolder.files(of: tokenizer, length: min(length, encoder.longest)), to: folder)
        for name in modules.files.keys where name.contains("/") {
            let inner = folder.appendingPathComponent(name).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
        }
        try OutputFile.write(modules.files, to: folder)
    }

    func checkOthers(in folder: URL) throws {
        guard try HuggingFaceConfiguration(of: folder) == configuration,
            try TokenizerFolder.load(folder).fingerprint == tokenizer.fingerprint,
            try SentenceModules(of: folder).files == modules.files
        else { throw CheckpointError(folder, "reads back as another model than was written") }
    }
}
