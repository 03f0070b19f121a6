/// Byte pair encoding by the merges of a `tokenizer.json`, as transformers does it: what our files are checked with.
struct MergeModel: Sendable {
    struct Merge: Hashable, Sendable {
        let left: Int32
        let right: Int32
    }

    private let ids: [[UInt8]: Int32]
    /// The rank of a merge, and what it makes.
    private let merges: [Merge: (rank: Int, id: Int32)]
    private let unknown: Int32

    init(ids: [[UInt8]: Int32], merges: [(merge: Merge, id: Int32)], unknown: Int32) {
        self.ids = ids
        self.unknown = unknown
        self.merges = Dictionary(
            merges.enumerated().map { ($1.merge, ($0, $1.id)) }, uniquingKeysWith: { first, _ in first })
    }

    func append(_ word: ArraySlice<UInt8>, to result: inout [Int32]) {
        var symbols: [Int32] = []
        for scalar in String(decoding: word, as: UTF8.self).unicodeScalars {
            let id = ids[Array(String(scalar).utf8)] ?? unknown
            if id != unknown || symbols.last != unknown { symbols.append(id) }
        }
        while let best = bestMerge(symbols) {
            symbols[best.place] = best.id
            symbols.remove(at: best.place + 1)
        }
        result += symbols
    }

    private func bestMerge(_ symbols: [Int32]) -> (place: Int, id: Int32)? {
        var best: (place: Int, rank: Int, id: Int32)?
        for place in symbols.indices.dropLast() {
            guard let merge = merges[Merge(left: symbols[place], right: symbols[place + 1])] else { continue }
            if best.map({ merge.rank < $0.rank }) ?? true { best = (place, merge.rank, merge.id) }
        }
        return best.map { ($0.place, $0.id) }
    }

    /// The merges that a SentencePiece model means without saying so: all pairs of pieces that make up a third, in the order
    /// of that one's score.
    static func merges(of pieces: [SentencePieceModel.Piece]) -> [(left: String, right: String)] {
        var known = Set<[UInt8]>()
        for piece in pieces { known.insert(Array(piece.text.utf8)) }
        let ranked = pieces.indices.filter { pieces[$0].kind == .normal }
            .sorted { (-pieces[$0].score, $0) < (-pieces[$1].score, $1) }
        return ranked.flatMap { index -> [(String, String)] in
            let utf8 = Array(pieces[index].text.utf8)
            return utf8.indices.dropFirst().compactMap { cut in
                guard utf8[cut] & 0xC0 != 0x80, known.contains(Array(utf8[..<cut])), known.contains(Array(utf8[cut...]))
                else { return nil }
                return (String(decoding: utf8[..<cut], as: UTF8.self), String(decoding: utf8[cut...], as: UTF8.self))
            }
        }
    }
}
