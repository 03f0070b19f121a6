import Autograd
import Communication
import Tensors

/// The gradients of a step: within a shard in the order of passes, then over the shards as a tree, and each rank's parts of that.
final class ShardSums {
    /// To which the passes of one shard add. After the last one's `end` the sums over all shards, in this rank's parts of the block; whoever has
    /// used them clears them.
    let gradients: GradientSums
    private let shards: Int
    private let roundsToBFloat16: Bool
    private let weights: ModelWeights
    private let pool: StoragePool
    private let exchange: GradientExchange?
    /// The blocks of this rank's shards before the one whose passes run.
    private var tree: ShardTree<Tensor>
    private var sums: RankSums?
    /// Of the memory that its circle has in common what this rank has asked for.
    let allocated: (bytes: Int, blocks: Int)
    /// Blocks that are not used, of zeros once their shard's sums are settled.
    private let free: FreeBlocks

    private final class FreeBlocks {
        var blocks: [Tensor] = []
    }

    /// - Parameter wire: what gradients of a shard travel as.
    init(_ weights: ModelWeights, shards: Int, wire: Precision, from pool: StoragePool) {
        (self.weights, self.shards, self.pool) = (weights, shards, pool)
        roundsToBFloat16 = wire == .bf16
        let (ranks, free) = (weights.ranks, FreeBlocks())
        let own = ranks.share(of: shards, to: ranks.rank)
        let blocks = weights.shares.isShared ? Self.blocks(weights, ShardTree.most(of: own, outOf: shards)) : [:]
        free.blocks = blocks[ranks.rank] ?? []
        allocated = (free.blocks.count * StoragePool.bytes(of: weights.layout.blockCount), free.blocks.count)
        gradients = GradientSums(weights.layout, in: free.blocks.popLast(), from: pool)
        exchange =
            ranks.size > 1
            ? GradientExchange(gradients, weights.shares, blocks: blocks, shards: shards, pool) : nil
        self.free = free
        // Whose numbers are added part by part.
        tree = ShardTree(shards) { left, right in
            free.blocks.append(right)
            return left
        }
    }

    /// So many blocks of zeros that the ranks of this one's circle have in common, of every one.
    private static func blocks(_ weights: ModelWeights, _ count: Int) -> [Int: [Tensor]] {
        let floats = weights.layout.blockCount
        let bytes = StoragePool.bytes(of: floats)
        let memory = weights.ranks.sharedMemory(count * bytes)
        return memory.pieces.mapValues { piece in
            let pool = StoragePool(in: piece, of: memory)
            return (0..<piece.count / bytes).map { _ in pool.tensor(1, floats) }
        }
    }

    /// The shards of this rank.
    var own: Range<Int> { weights.ranks.share(of: shards, to: weights.ranks.rank) }

    /// Before the passes of `shard`, of which there are so many.
    func begin(_ shard: Int, passes: Int) {
        gradients.begin()
        let earlier = tree.nodes
        tree.add(gradients.block, index: shard)
        let sums = RankSums(
            shards: shards, roundsToBFloat16: roundsToBFloat16, earlier: earlier, last: (shard, gradients.block),
            nodes: tree.nodes)
        self.sums = sums
        guard let exchange, shard + 1 == own.upperBound else { return }
        exchange.begin(sums, passes: passes)
        gradients.beside = exchange.goOn
    }

    /// After the passes of `shard`.
    func end(_ shard: Int) {
        gradients.finish(each: weights.workers.each)
        gradients.beside = nil
        let isLast = shard + 1 == own.upperBound
        if isLast, let exchange {
            exchange.finish(each: weights.workers.each)
        } else if shards > 1, let sums {
            weights.workers.each(weights.parts.count) { part in
                sums.settle(weights.parts[part].range)
                if isLast { sums.finish(weights.parts[part].range) }
            }
        }
        guard isLast else { return gradients.block = zeros() }
        free.blocks += tree.nodes.dropFirst().map(\.sum)
        gradients.block = tree.nodes[0].sum
        tree.removeAll()
    }

    /// Forgets the sums, which nobody used.
    func clear() {
        let shares = weights.shares
        weights.workers.each(shares.own.count) { gradients.block.row(0, shares.ranges[shares.own[$0]]).fill(0) }
    }

    private func zeros() -> Tensor { free.blocks.popLast() ?? pool.zeros(1, weights.layout.blockCount) }
}
