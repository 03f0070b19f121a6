import Digests
import Foundation
import Shipped

/// A vocabulary on disk: `spiece.model` or `vocab.txt`, with the `tokenizer.json` and `tokenizer_config.json` that make
/// it a Hugging Face tokenizer.
public enum TokenizerFolder {
    static let modelName = "spiece.model"
    static let vocabularyName = "vocab.txt"

    /// Loads the tokenizer of a folder, of a bare `.model` or `vocab.txt` file, or of a path that ships with the program.
    ///
    /// - Throws: `TokenizationError` where there is none, or where it is damaged.
    public static func load(_ url: URL) throws -> any Tokenizer {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) else {
            if let model = ShippedFile.contents(at: "\(url.relativePath)/\(modelName)") {
                return try SentencePieceTokenizer(modelBytes: model, place: url.relativePath)
            }
            throw TokenizationError(
                url.relativePath, "no such vocabulary; make one with `yoso vocab train --input TEXT --output FOLDER`")
        }
        guard isDirectory.boolValue else {
            return url.pathExtension == "txt" ? try wordPiece(url, lowercase: true) : try sentencePiece(url)
        }
        let (model, vocabulary) = (url.appendingPathComponent(modelName), url.appendingPathComponent(vocabularyName))
        let json = url.appendingPathComponent("tokenizer.json")
        if exists(model) { return try sentencePiece(model) }
        if exists(vocabulary) { return try wordPiece(vocabulary, lowercase: try lowercases(url)) }
        if exists(json) { return try ForeignTokenizer.wordPiece(json) }
        throw TokenizationError(
            url.relativePath, "no vocabulary: wanted \(modelName), \(vocabularyName) or tokenizer.json")
    }

    /// A file in `url` that is not of a vocabulary, and would be gone if a vocabulary took the folder's place.
    public static func strangeFile(in url: URL) -> String? {
        let own = [modelName, vocabularyName, "tokenizer.json", "tokenizer_config.json", "checksums.json"]
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.sorted().first { !own.contains($0) }
    }

    /// The files of `tokenizer` by name.
    public static func files(of tokenizer: any Tokenizer) throws -> [String: Data] {
        var files = ["tokenizer_config.json": try TokenizerJSON.configuration(tokenizer)]
        switch tokenizer {
        case let tokenizer as SentencePieceTokenizer:
            files[modelName] = tokenizer.modelBytes
            // Hugging Face's BPE wants the order of merges, which a SentencePiece model does not say.
            if tokenizer.model.isUnigram { files["tokenizer.json"] = try TokenizerJSON.unigram(tokenizer) }
        case let tokenizer as WordPieceTokenizer:
            files[vocabularyName] = Data(tokenizer.pieces.map { $0 + "\n" }.joined().utf8)
            files["tokenizer.json"] = try TokenizerJSON.wordPiece(tokenizer)
        default: preconditionFailure("no files for a tokenizer of type \(type(of: tokenizer))")
        }
        return files
    }

    private static func sentencePiece(_ url: URL) throws -> SentencePieceTokenizer {
        try SentencePieceTokenizer(modelBytes: try read(url), place: url.relativePath)
    }

    private static func wordPiece(_ url: URL, lowercase: Bool) throws -> WordPieceTokenizer {
        guard let text = String(validating: try read(url), as: UTF8.self) else {
            throw TokenizationError(url.relativePath, "not UTF-8")
        }
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self)
        }
        if lines.last == "" { lines.removeLast() }
        return try WordPieceTokenizer(pieces: lines, lowercase: lowercase, place: url.relativePath)
    }

    /// `do_lower_case` of `tokenizer_config.json`; true where nothing is said, as BERT's own default.
    private static func lowercases(_ folder: URL) throws -> Bool {
        struct Configuration: Decodable {
            let lowercase: Bool?
            enum CodingKeys: String, CodingKey { case lowercase = "do_lower_case" }
        }
        let url = folder.appendingPathComponent("tokenizer_config.json")
        guard exists(url) else { return true }
        guard let configuration = try? JSONDecoder().decode(Configuration.self, from: try read(url)) else {
            throw TokenizationError(url.relativePath, "damaged: no JSON object")
        }
        return configuration.lowercase ?? true
    }

    /// The bytes of a file, which are those that the folder's list of checksums says, where there is one.
    static func read(_ url: URL) throws -> Data {
        guard let data = try? Data(contentsOf: url) else { throw TokenizationError(url.relativePath, "cannot be read") }
        let list = try Checksum.list(of: url.deletingLastPathComponent()) {
            TokenizationError($0.relativePath, "damaged: no list of checksums")
        }
        if let expected = list[url.lastPathComponent] {
            let found = SHA256.hexadecimal(of: data)
            guard found == expected.sha256 else {
                throw TokenizationError(
                    url.relativePath,
                    "damaged: SHA-256 is \(found.prefix(8))…, \(Checksum.listName) says \(expected.sha256.prefix(8))…")
            }
        }
        return data
    }

    private static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
}
