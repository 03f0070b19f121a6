import Bert
import Checkpoints
import Foundation
import Inference
import Tokenization
import Training

/// A checkpoint to take away: weights, configuration, tokenizer and a model card, in a folder as the Hugging Face hub has them.
public struct HubFolder {
    public let source: URL
    /// What of the checkpoint is not known here; nil where that is nothing.
    public let note: String?
    let configuration: HuggingFaceConfiguration
    let tokenizer: any Tokenizer
    let encoder: EncoderOptions
    let modules: SentenceModules

    /// Opens a checkpoint, ours or another's.
    ///
    /// - Throws: `CheckpointError`, or `TokenizationError`, of the first file that is missing, damaged, or of another model.
    public init(of source: URL) throws {
        self.source = source
        try AtomicFolder.verify(source, foreign: true)
        configuration = try HuggingFaceConfiguration(of: source)
        tokenizer = try TokenizerFolder.load(source)
        let encoder = try EncoderOptions(of: source, tokenizer, length: 1)
        (self.encoder, modules) = (encoder, try SentenceModules(of: source))
        let notes =
            if let target = configuration.target {
                try Classifier.check(source, encoder, outputs: target.outputs)
            } else {
                try ModelFolder.check(source, encoder, { $0.name.hasPrefix("cls.") ? .optional : .required }) {
                    _ = MaskedWords(on: Encoder(encoder, $0), $0)
                }
            }
        note = notes.without("").note(of: source, nil)
    }

    /// Writes the folder, which must not be there, whole or not at all: what was written is read back before it counts.
    ///
    /// - Parameter program: name and version of what writes it, for the card.
    /// - Throws: `CheckpointError` where a weight cannot be said in `precision`, or a file cannot be written or reads back as another.
    public func write(to output: String, as precision: WeightPrecision, by program: String) throws {
        try AtomicFolder.write(to: URL(fileURLWithPath: output, isDirectory: true), replaces: false) { folder in
            let weights = try CheckpointWeights(of: source, fitting: precision)
            try weights.withTensors {
                try SafeTensorsWriter.write($0, as: precision, to: folder.appendingPathComponent(WeightFiles.name))
            }
            try writeOthers(to: folder)
            let card = try ModelCard(of: self, weights: weights.count, as: precision, by: program)
            try OutputFile.write([AtomicFolder.cardName: Data(card.text.utf8)], to: folder)
            try weights.check(writtenTo: folder, as: precision)
            try checkOthers(in: folder)
        }
    }

    /// Configuration, tokenizer, and what sentence-transformers wrote.
    private func writeOthers(to folder: URL) throws {
        try configuration.write(to: folder)
        try OutputFile.write(TokenizerFolder.files(of: tokenizer), to: folder)
        for name in modules.files.keys where name.contains("/") {
            let inner = folder.appendingPathComponent(name).deletingLastPathComponent().standardizedFileURL
            guard inner.path.hasPrefix(folder.standardizedFileURL.path + "/") else {
                throw CheckpointError(
                    source.appendingPathComponent("modules.json"), "names a path outside of the folder, '\(name)'")
            }
            try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
        }
        try OutputFile.write(modules.files, to: folder)
    }

    private func checkOthers(in folder: URL) throws {
        guard try HuggingFaceConfiguration(of: folder) == configuration,
            try TokenizerFolder.load(folder).fingerprint == tokenizer.fingerprint,
            try SentenceModules(of: folder).files == modules.files
        else { throw CheckpointError(folder, "reads back as another model than was written") }
    }
}
