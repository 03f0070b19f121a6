/// How a step's sequences are cut: into shards of nearly equally many tokens, these into slices, and each slice into micro-batches
/// that fit in memory and cache. The cut never changes a result by more than rounding.
public struct BatchCut: Sendable {
    public let shards: Int
    public let slices: Int
    /// About the most tokens of a micro-batch: parts are cut evenly, at the nearest sequence.
    public let microBatchTokens: Int

    /// `microBatchTokens` on a GPU, where nothing is said of it.
    public static let deviceTokens = 32_768

    public init(shards: Int = 1, slices: Int, microBatchTokens: Int) {
        self.shards = shards
        self.slices = slices
        self.microBatchTokens = microBatchTokens
    }

    /// Index ranges of sequences of these lengths, by shard.
    public func shards(of lengths: [Int]) -> [Range<Int>] { Self.cut(lengths.indices, into: shards, lengths) }

    /// Index ranges of sequences of these lengths, or of `shard` of them: `result[s]` are the micro-batches of slice s.
    public func parts(of lengths: [Int], in shard: Range<Int>? = nil) -> [[Range<Int>]] {
        Self.cut(shard ?? lengths.indices, into: slices, lengths).map { slice in
            let tokens = lengths[slice].reduce(0, +)
            let count = (tokens + microBatchTokens - 1) / microBatchTokens
            return Self.cut(slice, into: count, lengths).filter { !$0.isEmpty }
        }
    }

    /// `count` consecutive parts of nearly equal tokens: a sequence belongs to the part in which its middle falls.
    private static func cut(_ range: Range<Int>, into count: Int, _ lengths: [Int]) -> [Range<Int>] {
        let total = lengths[range].reduce(0, +)
        var (first, passed) = (range.lowerBound, 0)
        return (0..<count).map { part in
            var end = first
            while end < range.upperBound,
                part == count - 1 || (2 * passed + lengths[end]) * count < 2 * total * (part + 1)
            {
                passed += lengths[end]
                end += 1
            }
            defer { first = end }
            return first..<end
        }
    }
}
