import Corpora

/// Rows of a file that was split by chance: a share, or what that leaves.
public struct Part: Sendable, Equatable, Codable {
    public var share: Double
    public var seed: UInt64
    /// Whether it is the share itself.
    public var isShare: Bool

    public init(share: Double, seed: UInt64, isShare: Bool) {
        (self.share, self.seed, self.isShare) = (share, seed, isShare)
    }

    /// The numbers of its rows among `count`, in order: a pure function of share and seed. Of two rows or more both parts
    /// have one at least.
    public func rows(of count: Int) -> [Int] {
        var order = Array(0..<count)
        var random = RandomSequence(seed, 0xDE5)
        random.shuffle(&order)
        let held = min(max(1, Int((share * Double(count)).rounded())), max(0, count - 1))
        return (isShare ? order[..<held] : order[held...]).sorted()
    }
}
