import Autograd
import Communication
import Tensors

/// The gradients of a step: within a shard in the order of passes, then over the shards as a tree, and each rank's part of that.
final class ShardSums {
    /// To which the passes of one shard add.
    let gradients: GradientSums
    /// The sum over all shards, [1, `count`] of this rank's part of the block; whoever has used it clears it.
    private(set) var part: Tensor
    private let shards: Int
    private let weights: ModelWeights
    private let pool: StoragePool
    private var tree: ShardTree<Tensor>
    /// Blocks of zeros.
    private let free: FreeBlocks
    /// What others have of this rank's part, by rank.
    private var incoming: [[Tensor]] = []

    private final class FreeBlocks {
        var blocks: [Tensor] = []
    }

    init(_ weights: ModelWeights, shards: Int, from pool: StoragePool) {
        (self.weights, self.shards, self.pool) = (weights, shards, pool)
        gradients = GradientSums(weights.layout, from: pool)
        part = gradients.block.row(0, weights.shares.own)
        let (free, workers) = (FreeBlocks(), weights.workers)
        self.free = free
        tree = ShardTree { left, right in
            left.add(right, clearing: true, workers)
            free.blocks.append(right)
            return left
        }
    }

    /// The shards of this rank.
    var own: Range<Int> { weights.ranks.share(of: shards, to: weights.ranks.rank) }

    /// After the passes of `shard`, from whose sum those of the next one are kept apart.
    func end(_ shard: Int) {
        gradients.finish(each: weights.workers.each)
        tree.add(gradients.block, index: shard)
        if shard + 1 < own.upperBound { gradients.block = zeros() }
    }

    /// After the last shard of a step.
    func reduce() {
        if weights.ranks.size > 1 { return swap() }
        guard let sum = tree.finish() else { return }
        part = sum
        gradients.block = sum
    }

    /// Exchanges what the ranks have of each other's parts, and adds up this rank's.
    private func swap() {
        let (ranks, own, blocks) = (weights.ranks, weights.shares.own, tree.nodes.map(\.sum))
        let places = (0..<ranks.size).map { ShardTree.places(of: ranks.share(of: shards, to: $0)) }
        if incoming.isEmpty {
            incoming = places.enumerated().map { rank, nodes in
                rank == ranks.rank ? [] : nodes.map { _ in pool.zeros(1, own.count) }
            }
        }
        weights.shares.swap(blocks, into: incoming)
        var parts = ShardTree<Tensor> { [workers = weights.workers] left, right in
            left.add(right, clearing: false, workers)
            return left
        }
        for (rank, nodes) in places.enumerated() {
            let sums = rank == ranks.rank ? blocks.map { $0.row(0, own) } : incoming[rank]
            for (node, sum) in zip(nodes, sums) { parts.add(sum, level: node.level, index: node.index) }
        }
        part = parts.finish() ?? part
        // The first rank's sum lies in its own first block, and is cleared there.
        for (index, block) in blocks.enumerated() {
            let kept = index == 0 && ranks.isFirst ? own : 0..<0
            block.row(0, 0..<kept.lowerBound).clear(weights.workers)
            block.row(0, kept.upperBound..<block.count).clear(weights.workers)
        }
        free.blocks += blocks.dropFirst()
        gradients.block = blocks[0]
        tree.removeAll()
    }

    /// Forgets the sum, which nobody used.
    func clear() { part.clear(weights.workers) }

    private func zeros() -> Tensor { free.blocks.popLast() ?? pool.zeros(1, weights.layout.blockCount) }
}

extension Tensor {
    /// self += other, on all threads, and other = 0 on request.
    fileprivate func add(_ other: Tensor, clearing: Bool, _ workers: Workers) {
        each(workers) { range in
            row(0, range).add(other.row(0, range))
            if clearing { other.row(0, range).fill(0) }
        }
    }

    fileprivate func clear(_ workers: Workers) { each(workers) { row(0, $0).fill(0) } }

    /// Pieces of a vector that fit in the cache.
    private func each(_ workers: Workers, _ body: (Range<Int>) -> Void) {
        let size = 1 << 16
        workers.each((count + size - 1) / size) { body($0 * size..<min(count, ($0 + 1) * size)) }
    }
}
