import Autograd

/// The input of an encoder: sequences packed behind one another, without padding.
public struct PackedTokens: Sendable, Equatable {
    /// Token ids, [tokens].
    public let ids: [Int32]
    /// 0 for the first segment of a sequence, 1 for the second, [tokens].
    public let segments: [Int32]
    public let layout: BatchLayout

    /// - Precondition: `ids` and `segments` are as long as the layout.
    public init(ids: [Int32], segments: [Int32], layout: BatchLayout) {
        precondition(ids.count == layout.tokens && segments.count == layout.tokens, "ids, segments and layout differ")
        self.ids = ids
        self.segments = segments
        self.layout = layout
    }

    /// The place of every token in its sequence, counted from `first`.
    func positions(from first: Int) -> [Int32] {
        var positions: [Int32] = []
        positions.reserveCapacity(layout.tokens)
        for index in 0..<layout.count {
            positions.append(contentsOf: Int32(first)..<Int32(first + layout.rows(index).count))
        }
        return positions
    }

    /// Both segments of every sequence as sequences of their own, one behind the other.
    ///
    /// - Precondition: every sequence has both.
    var documents: PackedTokens {
        let lengths = (0..<layout.count).flatMap { index in
            let rows = layout.rows(index)
            let first = segments[rows].count { $0 == 0 }
            precondition(first > 0 && first < rows.count, "sequence \(index) has one segment; wanted two")
            return [first, rows.count - first]
        }
        return PackedTokens(
            ids: ids, segments: Array(repeating: 0, count: ids.count),
            layout: BatchLayout(lengths: lengths, keys: layout.keys.flatMap { [2 * $0, 2 * $0 + 1] }))
    }
}
