/// A sum over shards in an order that does not depend on who has which: a binary tree over them, (s₀ + s₁) + (s₂ + s₃), of which
/// anyone who has neighbours adds up what is whole.
struct ShardTree<Sum> {
    /// The sum over the shards from `index` · 2^`level` on, 2^`level` of them.
    struct Node {
        let level: Int
        let index: Int
        let sum: Sum
    }

    /// In order; no two of them can be added yet.
    private(set) var nodes: [Node] = []
    /// Adds the right one to the left one, or the other way round.
    private let join: (_ left: Sum, _ right: Sum) -> Sum
    /// What becomes of a sum that could go to another rank, whether it does or not.
    private let travel: (Sum) -> Void
    private let shards: Int

    /// - Parameter shards: of all ranks; more are none.
    init(_ shards: Int, travel: @escaping (Sum) -> Void = { _ in }, join: @escaping (_ left: Sum, _ right: Sum) -> Sum)
    {
        (self.shards, self.travel, self.join) = (shards, travel, join)
    }

    /// Adds shard `index`, which stands behind all that was added before.
    mutating func add(_ sum: Sum, index: Int) {
        if shards > 1 { travel(sum) }
        add(Node(level: 0, index: index, sum: sum))
    }

    /// Adds a sum of several.
    mutating func add(_ node: Node) {
        var node = node
        while let left = nodes.last, left.level == node.level, left.index + 1 == node.index, node.index % 2 == 1 {
            nodes.removeLast()
            node = Node(level: node.level + 1, index: left.index / 2, sum: join(left.sum, node.sum))
            if 1 << node.level < shards { travel(node.sum) }
        }
        nodes.append(node)
    }

    mutating func removeAll() { nodes = [] }

    /// The sum over all, which are no power of two mostly: what is left over is added from behind.
    mutating func finish() -> Sum? {
        guard var sum = nodes.popLast()?.sum else { return nil }
        while let left = nodes.popLast() { sum = join(left.sum, sum) }
        return sum
    }
}

extension ShardTree<Void> {
    /// How many sums one who adds up these shards has at the same time, the one that is made too.
    static func most(of some: Range<Int>, outOf shards: Int) -> Int {
        some.map { places(of: some.lowerBound..<$0, outOf: shards).count + 1 }.max() ?? 1
    }

    /// What is left of these shards when their neighbours are added up.
    static func places(of some: Range<Int>, outOf shards: Int) -> [Node] {
        var tree = ShardTree(shards) { _, _ in }
        for shard in some { tree.add((), index: shard) }
        return tree.nodes
    }
}
