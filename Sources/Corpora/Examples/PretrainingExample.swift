/// One packed and masked training sequence.
public struct PretrainingExample: Sendable, Equatable {
    /// Input ids, `[CLS] A [SEP] (B [SEP])`, masking applied.
    public var ids: [Int32]
    /// 0 for `[CLS] A [SEP]`, 1 for `B [SEP]`; as long as `ids`.
    public var segments: [Int32]
    /// Positions to predict, ascending.
    public var maskedPositions: [Int32]
    /// The original ids at `maskedPositions`.
    public var maskedLabels: [Int32]
    /// Whether A precedes B in the text; nil where the example is no pair.
    public var isOrdered: Bool?

    public init(
        ids: [Int32], segments: [Int32], maskedPositions: [Int32], maskedLabels: [Int32], isOrdered: Bool?
    ) {
        self.ids = ids
        self.segments = segments
        self.maskedPositions = maskedPositions
        self.maskedLabels = maskedLabels
        self.isOrdered = isOrdered
    }
}
