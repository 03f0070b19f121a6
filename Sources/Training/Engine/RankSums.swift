import Tensors

/// What this rank's shards have in a block each, added up one part of the block after the other.
///
/// Where gradients travel as bf16, so are those of a shard, and the sums of shards that could travel, rounded wherever they are:
/// s(0, i) = bf16(gᵢ), s(l, i) = bf16(s(l - 1, 2 i) + s(l - 1, 2 i + 1)), with sums in fp32; that over all shards is not.
struct RankSums {
    let shards: Int
    let roundsToBFloat16: Bool
    /// Of the shards before the last.
    let earlier: [ShardTree<Tensor>.Node]
    let last: (shard: Int, block: Tensor)
    /// With the last, where sums are left behind: in the first block of those that were added.
    let nodes: [ShardTree<Tensor>.Node]

    /// A sum over some shards of a part.
    struct Sum {
        let values: Tensor
        let place: Place

        /// In a block of this rank's, or of a neighbour's, where it is cleared once it is added to others; or come from another.
        enum Place { case own, near, come }
    }

    /// Leaves in one part of `nodes` what can be added without other ranks, and zeros in the other blocks.
    func settle(_ part: Range<Int>) {
        var tree = tree
        for node in earlier { tree.add(Self.part(part, of: node)) }
        tree.add(Sum(values: last.block.row(0, part), place: .own), index: last.shard)
    }

    /// The sum over all shards, once a part is settled, in the first of `nodes`; zeros in the others.
    ///
    /// - Parameter others: of other ranks, in the order of shards those before and those behind.
    func finish(
        _ part: Range<Int>,
        with others: (before: [ShardTree<Sum>.Node], behind: [ShardTree<Sum>.Node]) = ([], [])
    ) {
        var tree = tree
        for node in others.before + nodes.map({ Self.part(part, of: $0) }) + others.behind { tree.add(node) }
        _ = tree.finish()
    }

    private var tree: ShardTree<Sum> {
        ShardTree(shards, travel: { [roundsToBFloat16] in if roundsToBFloat16 { $0.values.roundToBFloat16() } }) {
            left, right in
            // What is added to what changes no bit.
            let (sum, other) = right.place == .own && left.place != .own ? (right, left) : (left, right)
            sum.values.add(other.values)
            if other.place != .come { other.values.fill(0) }
            return sum
        }
    }

    private static func part(_ part: Range<Int>, of node: ShardTree<Tensor>.Node) -> ShardTree<Sum>.Node {
        ShardTree.Node(
            level: node.level, index: node.index, sum: Sum(values: node.sum.row(0, part), place: .own))
    }
}
