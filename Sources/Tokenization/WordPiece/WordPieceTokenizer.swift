import Digests
import Foundation

/// BERT's tokenizer: basic splitting, then WordPiece.
public struct WordPieceTokenizer: Tokenizer {
    public let special: SpecialTokens
    public let fingerprint: String
    /// Pieces in the order of their ids; empty where no text has an id.
    public let pieces: [String]
    let pipeline: TextPipeline
    let model: WordPieceModel
    let file = TokenizerFileText()

    /// - Throws: `TokenizationError` at `place` where a special token is missing.
    public init(pieces: [String], lowercase: Bool, place: String) throws {
        try self.init(pieces: pieces, .bert(BertNormalizer(lowercase: lowercase)), place: place)
    }

    /// - Parameter names: of the special tokens.
    init(
        pieces: [String], _ pipeline: TextPipeline, names: SpecialNames = SpecialNames(),
        longestWord: Int = WordPieceModel.longestWord, place: String
    ) throws {
        // By bytes: to String, é and e with an accent are one, and an accent joins the ## in front of it.
        var ids: [[UInt8]: Int] = [:]
        for (index, piece) in pieces.enumerated() { ids[Array(piece.utf8)] = index }
        // As transformers takes a vocabulary with blank or repeated lines: the last one counts.
        var own = pieces.enumerated().map { ids[Array($1.utf8)] == $0 ? $1 : "" }
        while own.last == "" { own.removeLast() }
        self.pieces = own
        self.pipeline = pipeline
        func find(_ name: String) throws -> Int32 {
            guard let id = ids[Array(name.utf8)] else { throw TokenizationError(place, "has no piece '\(name)'") }
            return Int32(id)
        }
        special = SpecialTokens(
            padding: try find(names.padding), unknown: try find(names.unknown),
            classification: try find(names.classification), separator: try find(names.separator),
            mask: try find(names.mask))
        // No word is spelled by the special ones, nor by what a file adds to its vocabulary.
        let reserved = [special.padding, special.classification, special.separator, special.mask]
        let unspelled = Set(reserved + pipeline.added.filter { !$0.isPiece }.map(\.id))
        let spelling = own.enumerated().map { unspelled.contains(Int32($0)) ? "" : $1 }
        model = WordPieceModel(spelling, unknown: special.unknown, longestWord: longestWord)
        let text = own.joined(separator: "\n") + Self.spelled(pipeline, longestWord)
        fingerprint = SHA256.hexadecimal(of: Data(text.utf8))
    }

    /// What the fingerprint says of everything but the pieces.
    private static func spelled(_ pipeline: TextPipeline, _ longestWord: Int) -> String {
        if longestWord == WordPieceModel.longestWord, pipeline.added.isEmpty, pipeline.splitters == [.bert],
            pipeline.normalizers.count == 1, case .bert(let normalizer) = pipeline.normalizers[0],
            normalizer == BertNormalizer(lowercase: normalizer.lowercase)
        {
            return normalizer.lowercase ? "\nlower-case" : "\ncased"
        }
        let name = "Tokenization.TextPipeline.AddedToken"
        let added = pipeline.added.map { token in
            "\(name)(id: \(token.id), content: \(token.content.debugDescription), isNormalized: \(token.isNormalized)"
                + (token.isPiece ? ")" : ", isPiece: false)")
        }
        return "\n\(pipeline.normalizerJSON) \(pipeline.splitterJSON) [\(added.joined(separator: ", "))] \(longestWord)"
    }

    public var vocabularySize: Int { pieces.count }

    /// Pieces by their ids without those that are no piece of the vocabulary.
    var vocabulary: [String] {
        let added = Set(pipeline.added.filter { !$0.isPiece }.map(\.id))
        return pieces.enumerated().map { added.contains(Int32($0)) ? "" : $1 }
    }

    public func encode(_ text: String) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(text.utf8.count / 4)
        pipeline.eachPart(of: text) { part in
            switch part {
            case .word(let word): model.append(word, to: &ids)
            case .added(let id): ids.append(id)
            }
        }
        return ids
    }

    public func piece(_ id: Int32) -> String { pieces[Int(id)] }

    public func decode(_ ids: [Int32]) -> String {
        ids.reduce(into: "") { text, id in
            let piece = piece(id)
            if continuesWord(id) {
                text += String(decoding: piece.utf8.dropFirst(2), as: UTF8.self)
            } else {
                text += (text.isEmpty ? "" : " ") + piece
            }
        }
    }

    public func continuesWord(_ id: Int32) -> Bool { WordPieceModel.isContinuing(piece(id)) }

    /// An added token, of whatever `TextWords` would make of it, is a word.
    public func words(of text: String) -> [Range<Int>] {
        let ranges = TextWords.ranges(of: text)
        // One that is a word already needs no look.
        let counts = Set(pipeline.added.map { TextWords.ranges(of: $0.content).count }).filter { $0 > 1 }.sorted(by: >)
        guard !counts.isEmpty else { return ranges }
        let (utf8, own) = (Array(text.utf8), Set(pipeline.added.map(\.id)))
        var (words, first) = ([Range<Int>](), 0)
        while first < ranges.count {
            let start = ranges[first].lowerBound
            let count = counts.first { count in
                guard first + count <= ranges.count else { return false }
                let ids = encode(String(decoding: utf8[start..<ranges[first + count - 1].upperBound], as: UTF8.self))
                return ids.count == 1 && own.contains(ids[0])
            }
            first += count ?? 1
            words.append(start..<ranges[first - 1].upperBound)
        }
        return words
    }
}

/// How a vocabulary spells the five special tokens.
struct SpecialNames: Equatable {
    var padding = "[PAD]"
    var unknown = "[UNK]"
    var classification = "[CLS]"
    var separator = "[SEP]"
    var mask = "[MASK]"
}
