/// The rows whose last hidden state anybody reads: `[CLS]` of every sequence, and what is predicted.
///
/// The last block needs keys and values of all tokens, but queries, and everything behind its attention, of these rows alone: of a
/// masked-LM step's last block that leaves about a sixth, of a classifier's one row a sequence. Results are the same.
public struct RowSelection: Sendable, Equatable {
    /// Rows of the packed tokens, ascending.
    public let rows: [Int32]
    /// The kept rows as sequences of their own.
    public let layout: BatchLayout

    /// The first row of every sequence and `others`, which ascend.
    public init(_ layout: BatchLayout, firstRowsAnd others: [Int32] = []) {
        rows = layout.firstRows.merged(with: others)
        var counts = Array(repeating: 0, count: layout.count)
        var sequence = 0
        for row in rows {
            while Int(row) >= layout.offsets[sequence + 1] { sequence += 1 }
            counts[sequence] += 1
        }
        self.layout = BatchLayout(lengths: counts, keys: layout.keys)
    }

    /// Where `row` of the packed tokens lies among the kept ones.
    ///
    /// - Precondition: every one of `wanted` was kept; they ascend.
    public func indices(of wanted: [Int32]) -> [Int32] {
        var index = 0
        return wanted.map { row in
            while rows[index] < row { index += 1 }
            precondition(rows[index] == row, "row \(row) was not kept")
            return Int32(index)
        }
    }
}

extension [Int32] {
    /// What is in either, in order.
    ///
    /// - Precondition: both ascend.
    public func merged(with others: [Int32]) -> [Int32] {
        var (merged, own, other) = ([Int32](), 0, 0)
        merged.reserveCapacity(count + others.count)
        while own < count || other < others.count {
            let next =
                own == count ? others[other] : other == others.count ? self[own] : Swift.min(self[own], others[other])
            precondition(merged.isEmpty || merged[merged.count - 1] < next, "row \(next) does not ascend")
            merged.append(next)
            if own < count, self[own] == next { own += 1 }
            if other < others.count, others[other] == next { other += 1 }
        }
        return merged
    }
}
