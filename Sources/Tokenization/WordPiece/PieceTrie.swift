/// A byte trie of pieces, for those at a position.
struct PieceTrie: Sendable {
    private var children: [UInt64: Int32] = [:]
    private var ids: [Int32] = [-1]

    mutating func insert(_ piece: some Sequence<UInt8>, id: Int32) {
        var node: Int32 = 0
        for byte in piece {
            let key = Self.key(node, byte)
            if let child = children[key] {
                node = child
            } else {
                let child = Int32(ids.count)
                ids.append(-1)
                children[key] = child
                node = child
            }
        }
        ids[Int(node)] = id
    }

    /// The id and the length of the longest piece that `bytes` begin with.
    func longestPrefix(of bytes: ArraySlice<UInt8>) -> (id: Int32, length: Int)? {
        var best: (Int32, Int)?
        eachPrefix(of: bytes) { best = ($0, $1) }
        return best
    }

    /// Calls `body` with the id and the length of every piece that `bytes` begin with, the shortest first.
    func eachPrefix(of bytes: ArraySlice<UInt8>, _ body: (_ id: Int32, _ length: Int) -> Void) {
        var node: Int32 = 0
        var length = 0
        for byte in bytes {
            guard let child = children[Self.key(node, byte)] else { break }
            node = child
            length += 1
            if ids[Int(node)] >= 0 { body(ids[Int(node)], length) }
        }
    }

    private static func key(_ node: Int32, _ byte: UInt8) -> UInt64 { UInt64(node) << 8 | UInt64(byte) }
}
