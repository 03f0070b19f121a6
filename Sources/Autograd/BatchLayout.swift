import Tensors

/// How the rows of a packed `[tokens, width]` block divide into sequences: no padding anywhere.
public struct BatchLayout: Sendable, Equatable {
    /// Sequence s occupies rows `offsets[s] ..< offsets[s + 1]`.
    public let offsets: [Int]
    /// What tells each sequence's random numbers apart: its place in the whole step, so that they do not depend on how
    /// the step is cut into slices and micro-batches.
    public let keys: [UInt64]

    /// Lays sequences of these lengths behind one another; the keys default to 0, 1, 2, …
    public init(lengths: [Int], keys: [UInt64]? = nil) {
        offsets = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        self.keys = keys ?? lengths.indices.map(UInt64.init)
        precondition(self.keys.count == lengths.count, "\(self.keys.count) keys for \(lengths.count) sequences")
    }

    /// Number of sequences.
    public var count: Int { keys.count }
    /// Rows in all.
    public var tokens: Int { offsets[count] }
    /// Rows of sequence `index`.
    public func rows(_ index: Int) -> Range<Int> { offsets[index]..<offsets[index + 1] }
    /// The row of every sequence's first token, its `[CLS]`.
    public var firstRows: [Int32] { offsets.dropLast().map(Int32.init) }
    /// The same sequences with one row each, for what was pooled.
    public var pooled: BatchLayout { BatchLayout(lengths: Array(repeating: 1, count: count), keys: keys) }
}
