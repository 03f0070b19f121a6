import Bert
import Checkpoints
import Foundation
import Tokenization

extension EncoderOptions {
    /// The encoder of a checkpoint, held to its tokenizer and to the length of the inputs.
    ///
    /// - Throws: `CheckpointError` where it has too few words or positions, or is no encoder of ours.
    public init(of folder: URL, _ tokenizer: any Tokenizer, length: Int) throws {
        let configuration = try HuggingFaceConfiguration(of: folder)
        let options = try configuration.encoderOptions(folder)
        // More embeddings than ids are common: a round number of them is faster.
        guard configuration.vocabularySize >= tokenizer.vocabularySize else {
            throw CheckpointError(
                folder,
                "the model has \(configuration.vocabularySize) word embeddings, its tokenizer \(tokenizer.vocabularySize) ids"
            )
        }
        try options.check(length: length, of: folder)
        self = options
    }

    /// - Throws: `CheckpointError` where the encoder of `folder` does not take inputs of this length.
    public func check(length: Int, of folder: URL) throws {
        guard positions >= length else {
            throw CheckpointError(
                folder, "the model has \(positions) positions; wanted at least the length \(length)")
        }
        if let limit = attention.lengthLimit, limit < length {
            throw CheckpointError(
                folder, "its \(attention.name) takes \(limit) tokens; wanted at least the length \(length)")
        }
    }
}
