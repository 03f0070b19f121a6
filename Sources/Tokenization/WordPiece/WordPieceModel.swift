/// The longest piece first, `##` before pieces inside a word (Wu et al. 2016, section 4.1).
struct WordPieceModel: Sendable {
    private let initial: PieceTrie
    private let continuing: PieceTrie
    let unknown: Int32
    /// Words of more characters become one unknown token.
    let longestWord: Int

    static let longestWord = 100

    init(_ pieces: [String], unknown: Int32, longestWord: Int = longestWord) {
        var (initial, continuing) = (PieceTrie(), PieceTrie())
        // Of a piece that occurs twice, as of an empty one, transformers knows the last id alone; no word ever has an empty one.
        for (index, piece) in pieces.enumerated() where !piece.isEmpty {
            if Self.isContinuing(piece) { continuing.insert(piece.utf8.dropFirst(2), id: Int32(index)) }
            initial.insert(piece.utf8, id: Int32(index))
        }
        (self.initial, self.continuing) = (initial, continuing)
        self.unknown = unknown
        self.longestWord = longestWord
    }

    func append(_ word: ArraySlice<UInt8>, to ids: inout [Int32]) {
        let first = ids.count
        var rest = word
        let characters = word.count <= longestWord ? 0 : word.count { $0 & 0xC0 != 0x80 }
        guard characters <= longestWord else {
            ids.append(unknown)
            return
        }
        while !rest.isEmpty {
            let trie = ids.count == first ? initial : continuing
            guard let (id, length) = trie.longestPrefix(of: rest) else {
                // A word that cannot be spelled to its end is unknown as a whole.
                ids.removeSubrange(first...)
                ids.append(unknown)
                return
            }
            ids.append(id)
            rest = rest.dropFirst(length)
        }
    }

    static func isContinuing(_ piece: String) -> Bool {
        piece.utf8.starts(with: "##".utf8) && piece.utf8.count > 2
    }
}
