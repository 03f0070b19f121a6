import Autograd
import Options

/// Exact in the blocks that matter, coarse or nothing elsewhere (MRA-2, Zeng et al. 2022).
public struct MultiresolutionOptions: AttentionKind {
    public var blocks: Int
    public var isSparse: Bool

    public init() { self.init(blocks: 4) }
    public init(blocks: Int, isSparse: Bool = false) { (self.blocks, self.isSparse) = (blocks, isSparse) }

    public static let name = "mra"
    public static var options: [Option<Self>] {
        Option("blocks", \.blocks, 1...1_000_000, "blocks of 32 keys that a block of queries meets exactly")
        Option("sparse", \.isSparse, "nothing elsewhere, in the place of means")
    }

    public func pairs(length: Int) -> Int { length * min(length, 32 * blocks) }

    public func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        MultiresolutionAttention(shape: shape, blocks: blocks, isSparse: isSparse)
    }
}
