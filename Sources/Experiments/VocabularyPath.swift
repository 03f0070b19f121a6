import Checkpoints
import Tokenization

extension TokenizerFolder {
    /// The tokenizer that a user names: a folder of one, or of a model, which has its own, the one in the box from anywhere.
    ///
    /// - Throws: as `load(_:)`.
    public static func load(at path: String) throws -> any Tokenizer {
        let folder = ModelPath.url(path)
        if let absence = ModelPath.absence(folder) {
            throw TokenizationError(path, "\(absence); name a vocabulary by --vocabulary")
        }
        return try load(folder)
    }
}
