import Digests
import Foundation

/// BERT's WordPiece: basic splitting, then the longest piece first, `##` before pieces inside a word
/// (Wu et al. 2016, section 4.1).
public struct WordPieceTokenizer: Tokenizer {
    public let special: SpecialTokens
    public let fingerprint: String
    public let lowercase: Bool
    /// Pieces in the order of their ids.
    public let pieces: [String]
    private let words: BasicTokenizer
    private let initial: PieceTrie
    private let continuing: PieceTrie

    /// Words of more characters become one unknown token.
    static let longestWord = 100

    /// - Throws: `TokenizationError` at `place` where a special token is missing or a piece occurs twice.
    public init(pieces: [String], lowercase: Bool, place: String) throws {
        self.pieces = pieces
        self.lowercase = lowercase
        words = BasicTokenizer(lowercase: lowercase)
        // By bytes: to String, é and e with an accent are one, and an accent joins the ## in front of it.
        var ids: [[UInt8]: Int32] = [:]
        var (initial, continuing) = (PieceTrie(), PieceTrie())
        for (index, piece) in pieces.enumerated() {
            let id = Int32(index)
            guard ids.updateValue(id, forKey: Array(piece.utf8)) == nil else {
                throw TokenizationError(place, "line \(index + 1): the piece '\(piece)' occurs twice")
            }
            if Self.isContinuing(piece) { continuing.insert(piece.utf8.dropFirst(2), id: id) }
            initial.insert(piece.utf8, id: id)
        }
        self.initial = initial
        self.continuing = continuing
        func find(_ name: String) throws -> Int32 {
            guard let id = ids[Array(name.utf8)] else { throw TokenizationError(place, "has no piece '\(name)'") }
            return id
        }
        special = SpecialTokens(
            padding: try find("[PAD]"), unknown: try find("[UNK]"), classification: try find("[CLS]"),
            separator: try find("[SEP]"), mask: try find("[MASK]"))
        let text = pieces.joined(separator: "\n") + (lowercase ? "\nlower-case" : "\ncased")
        fingerprint = SHA256.hexadecimal(of: Data(text.utf8))
    }

    public var vocabularySize: Int { pieces.count }

    public func encode(_ text: String) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(text.utf8.count / 4)
        words.eachWord(of: text) { append($0, to: &ids) }
        return ids
    }

    private func append(_ word: ArraySlice<UInt8>, to ids: inout [Int32]) {
        let first = ids.count
        var rest = word
        let characters = word.count <= Self.longestWord ? 0 : word.count { $0 & 0xC0 != 0x80 }
        guard characters <= Self.longestWord else {
            ids.append(special.unknown)
            return
        }
        while !rest.isEmpty {
            let trie = ids.count == first ? initial : continuing
            guard let (id, length) = trie.longestPrefix(of: rest) else {
                // A word that cannot be spelled to its end is unknown as a whole.
                ids.removeSubrange(first...)
                ids.append(special.unknown)
                return
            }
            ids.append(id)
            rest = rest.dropFirst(length)
        }
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

    public func continuesWord(_ id: Int32) -> Bool { Self.isContinuing(piece(id)) }

    private static func isContinuing(_ piece: String) -> Bool {
        piece.utf8.starts(with: "##".utf8) && piece.utf8.count > 2
    }
}
