/// The likeliest pieces of a word as transformers finds them from a `tokenizer.json`: what our files are checked with.
struct UnigramModel: Sendable {
    private let trie: PieceTrie
    /// Of pieces by their ids.
    let scores: [Double]
    let unknown: Int32
    private let unknownScore: Double

    init(_ pieces: [(text: String, score: Double)], unknown: Int32) {
        var trie = PieceTrie()
        for (index, piece) in pieces.enumerated() { trie.insert(piece.text.utf8, id: Int32(index)) }
        self.trie = trie
        scores = pieces.map(\.score)
        self.unknown = unknown
        unknownScore = (scores.min() ?? 0) - 10
    }

    func append(_ word: ArraySlice<UInt8>, to ids: inout [Int32]) {
        // What the best way to every byte ends with.
        var ways = [(score: Double, start: Int, id: Int32)?](repeating: nil, count: word.count + 1)
        ways[0] = (0, 0, unknown)
        for (place, byte) in word.enumerated() where byte & 0xC0 != 0x80 {
            guard let here = ways[place]?.score else { continue }
            let rest = word.dropFirst(place)
            let character = 1 + rest.dropFirst().prefix { $0 & 0xC0 == 0x80 }.count
            func offer(_ id: Int32, _ length: Int, _ score: Double) {
                if let known = ways[place + length], known.score >= here + score { return }
                ways[place + length] = (here + score, place, id)
            }
            var isKnown = false
            trie.eachPrefix(of: rest) { id, length in
                offer(id, length, scores[Int(id)])
                if length == character { isKnown = true }
            }
            if !isKnown { offer(unknown, character, unknownScore) }
        }
        var found: [Int32] = []
        var end = word.count
        while end > 0, let way = ways[end] {
            // Unknown characters beside one another are one piece.
            if way.id != unknown || found.last != unknown { found.append(way.id) }
            end = way.start
        }
        ids += found.reversed()
    }
}
