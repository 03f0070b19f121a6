import Digests
import Foundation
import JSON
import Shipped

/// A vocabulary on disk: `spiece.model` or `vocab.txt`, with the `tokenizer.json` and `tokenizer_config.json` that make
/// it a Hugging Face tokenizer.
public enum TokenizerFolder {
    static let modelName = "spiece.model"
    static let vocabularyName = "vocab.txt"
    private static let jsonName = "tokenizer.json"

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
                url.relativePath,
                "no such vocabulary; make one with `yoso vocab train --input TEXT --size 16000 --output \(url.relativePath)`"
            )
        }
        guard isDirectory.boolValue else {
            return url.pathExtension == "txt"
                ? try wordPiece(url, BertNormalizer(), SpecialNames()) : try sentencePiece(url)
        }
        try checkList(of: url)
        let (model, vocabulary) = (url.appendingPathComponent(modelName), url.appendingPathComponent(vocabularyName))
        let json = url.appendingPathComponent(jsonName)
        let configuration = try TokenizerConfiguration(of: url)
        if exists(model) {
            try configuration.checkSentencePiece()
            let tokenizer = try sentencePiece(model)
            try configuration.check(tokenizer)
            try check(json, tokenizer)
            return tokenizer
        }
        // Where both are there, transformers reads the one that says everything.
        if exists(json) { return try wordPiece(json, configuration) }
        if exists(vocabulary) {
            var normalizer = BertNormalizer()
            try configuration.change(&normalizer)
            let tokenizer = try wordPiece(vocabulary, normalizer, configuration.names())
            try configuration.check(tokenizer)
            return tokenizer
        }
        guard !isOfLongRange(url) else {
            throw TokenizationError(
                url.relativePath, "a model of the Long Range Arena, which has no vocabulary; yoso evaluate takes it")
        }
        throw TokenizationError(
            url.relativePath, "no vocabulary: wanted \(modelName), \(vocabularyName) or \(jsonName)")
    }

    /// A `tokenizer.json` of another program beside a SentencePiece model is what transformers reads: it has to say the same.
    private static func check(_ json: URL, _ tokenizer: SentencePieceTokenizer) throws {
        guard exists(json), try list(of: json.deletingLastPathComponent())[jsonName] == nil else { return }
        let (file, place) = (try TokenizerFile(try read(json), place: json.relativePath), json.relativePath)
        let pieces = (0..<tokenizer.vocabularySize).map { tokenizer.piece(Int32($0)) }
        guard file.pieces.elementsEqual(pieces, by: { $0.utf8.elementsEqual($1.utf8) }) else {
            throw TokenizationError(place, "its pieces are not those of the \(modelName) beside it")
        }
        let known = Set(pieces.map { Array($0.utf8) })
        let added = file.special.map(\.token) + file.pipeline.added
        if let token = added.first(where: { !known.contains(Array($0.content.utf8)) }) {
            throw TokenizationError(
                place, "'\(token.content)' is a token of its own, which \(modelName) beside it does not have")
        }
        let special = tokenizer.special
        if case .unigram(let model) = file.model {
            let scores = tokenizer.model.pieces.map(\.score)
            guard model.unknown == special.unknown, model.scores.map({ Float($0) }) == scores else {
                throw TokenizationError(place, "its scores or its unk_id are not those of the \(modelName) beside it")
            }
        }
        try SpecialTemplate(first: tokenizer.piece(special.classification), last: tokenizer.piece(special.separator))
            .check(file.postProcessor, mayBeMissing: false, special)
        try TokenizerFileText.check(file, tokenizer, place: place)
    }

    /// Whether `config.json` tells of a model whose tokens are bytes, pixels or words of a list.
    private static func isOfLongRange(_ url: URL) -> Bool {
        let model = try? TokenizerConfiguration.object(TokenizerConfiguration.modelName, of: url)
        return model?["yoso"]["benchmark"].text == "lra"
    }

    /// Reads what the list of checksums names of a vocabulary, used here or not: another program uses it.
    private static func checkList(of url: URL) throws {
        let list = try list(of: url)
        for name in own where list[name] != nil { _ = try read(url.appendingPathComponent(name)) }
    }

    private static let own = [modelName, vocabularyName, jsonName, TokenizerConfiguration.name]

    private static func list(of folder: URL) throws -> [String: Checksum] {
        try Checksum.list(of: folder) { TokenizationError($0.relativePath, "damaged: no list of checksums") }
    }

    /// A file in `url` that no list of a vocabulary of ours names, and that would be gone if a vocabulary took the folder's place.
    ///
    /// - Throws: `TokenizationError` where its list of checksums is damaged.
    public static func strangeFile(in url: URL) throws -> String? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        let list = try list(of: url)
        return names.sorted().first { !(own.contains($0) && list[$0] != nil) && $0 != Checksum.listName }
    }

    /// Tokens of an input that the files of `folder` say; nil where they do not.
    ///
    /// - Throws: `TokenizationError` where they are damaged.
    public static func longestInput(of folder: URL) throws -> Int? { try TokenizerConfiguration(of: folder).longest }

    /// The files of `tokenizer` by name; `tokenizer.json` only where `objection` has none.
    ///
    /// - Parameter length: tokens of an input that the model takes; nil for a vocabulary by itself.
    public static func files(of tokenizer: any Tokenizer, length: Int? = nil) throws -> [String: Data] {
        var files = [TokenizerConfiguration.name: TokenizerJSON.configuration(tokenizer, length: length)]
        switch tokenizer {
        case let tokenizer as SentencePieceTokenizer: files[modelName] = tokenizer.modelBytes
        case let tokenizer as WordPieceTokenizer:
            files[vocabularyName] = Data(tokenizer.pieces.map { $0 + "\n" }.joined().utf8)
        default: preconditionFailure("no files for a tokenizer of type \(type(of: tokenizer))")
        }
        files[jsonName] = try? json(tokenizer)
        return files
    }

    /// Why a folder of `tokenizer` has no `tokenizer.json`, which only its own program then reads: one that says other ids than
    /// the tokenizer would be worse than none.
    public static func objection(_ tokenizer: any Tokenizer) -> String? {
        do {
            _ = try json(tokenizer)
            return nil
        } catch {
            return "no \(jsonName) is written, so that transformers cannot read this vocabulary: \(error.problem)"
        }
    }

    private static func json(_ tokenizer: any Tokenizer) throws(TokenizationError) -> Data {
        switch tokenizer {
        case let tokenizer as SentencePieceTokenizer:
            try tokenizer.file(tokenizer) { () throws(TokenizationError) in try TokenizerJSON.sentencePiece(tokenizer) }
        case let tokenizer as WordPieceTokenizer:
            try tokenizer.file(tokenizer) { () throws(TokenizationError) in TokenizerJSON.wordPiece(tokenizer) }
        default: preconditionFailure("no files for a tokenizer of type \(type(of: tokenizer))")
        }
    }

    private static func sentencePiece(_ url: URL) throws -> SentencePieceTokenizer {
        try SentencePieceTokenizer(modelBytes: try read(url), place: url.relativePath)
    }

    private static func wordPiece(
        _ url: URL, _ normalizer: BertNormalizer, _ names: SpecialNames
    ) throws -> WordPieceTokenizer {
        guard let text = String(validating: try read(url), as: UTF8.self) else {
            throw TokenizationError(url.relativePath, "not UTF-8")
        }
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self)
        }
        if lines.last == "" { lines.removeLast() }
        return try WordPieceTokenizer(pieces: lines, .bert(normalizer), names: names, place: url.relativePath)
    }

    private static func wordPiece(_ url: URL, _ configuration: TokenizerConfiguration) throws -> WordPieceTokenizer {
        var file = try TokenizerFile(try read(url), place: url.relativePath)
        guard case .wordPiece(let model) = file.model else {
            throw TokenizationError(
                url.relativePath, "no WordPiece tokenizer; only those are read without a \(modelName) beside them")
        }
        let names = configuration.names(unknown: file.unknown)
        try file.findSpecial(but: [names.padding, names.unknown, names.classification, names.separator, names.mask])
        var pipeline = file.pipeline
        try configuration.change(&pipeline)
        let tokenizer = try WordPieceTokenizer(
            pieces: file.pieces, pipeline, names: names, longestWord: model.longestWord, place: url.relativePath)
        try SpecialTemplate(first: names.classification, last: names.separator).check(
            file.postProcessor, mayBeMissing: !configuration.obeysFile, tokenizer.special)
        try configuration.check(tokenizer, added: pipeline.added)
        return tokenizer
    }

    /// The bytes of a file, which are those that the folder's list of checksums says, where there is one.
    static func read(_ url: URL) throws -> Data {
        guard let data = try? Data(contentsOf: url) else { throw TokenizationError(url.relativePath, "cannot be read") }
        guard !LargeFilePointer.isOne(data) else {
            throw TokenizationError(url.relativePath, LargeFilePointer.problem)
        }
        if let expected = try list(of: url.deletingLastPathComponent())[url.lastPathComponent] {
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
