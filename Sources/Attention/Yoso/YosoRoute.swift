import Tensors

/// A way to evaluate sums over collisions. All give the same numbers up to rounding.
enum YosoRoute: CaseIterable {
    /// Collision counts by compares, then matrix products: quadratic, and fastest for short sequences.
    case dense
    /// A table of sums a hash: linear for any data. Gradients of queries and keys have no tables and enumerate.
    case tables
    /// Enumeration of the pairs that collide: linear while they are rare, and then faster than tables.
    case collisions

    /// The fastest for `HashedHead.sums`, by the costs of `head`.
    static func ofSums(_ head: HashedHead, width: Int, _ products: Products) -> YosoRoute {
        let cost = head.costs
        let (n, m) = (Double(head.length), Double(head.hashes))
        let lines = Double((width + 15) / 16)
        let dense = n * n * (m * cost[.compare] + lines * cost.product(products.precision))
        let tables = n * m * lines * cost[.tableLine]
        guard min(dense, tables) > n * m * cost[.sorting] else { return dense < tables ? .dense : .tables }
        let pairs = Double(head.estimatedCollisions(products.pool))
        let collisions = n * m * cost[.sorting] + pairs * lines * cost[.addedLine]
        if dense < min(tables, collisions) { return .dense }
        return tables < collisions ? .tables : .collisions
    }

    /// The fastest for `HashedHead.writeGradients`.
    static func ofGradients(_ head: HashedHead, width: Int, _ products: Products) -> YosoRoute {
        let cost = head.costs
        let (n, m) = (Double(head.length), Double(head.hashes))
        let lines = Double((width + 15) / 16)
        let dense = n * n * (m * cost[.compare] + 4 * lines * cost.product(products.precision))
        guard dense > n * m * cost[.sorting] else { return .dense }
        let pairs = Double(head.estimatedCollisions(products.pool))
        let collisions = n * m * cost[.sorting] + pairs * lines * cost[.gradientLine]
        return dense < collisions ? .dense : .collisions
    }

    /// The fastest for `SampledHead.sum`: `dense` or `collisions`.
    static func ofSelectedSums(_ head: HashedHead, width: Int, _ products: Products) -> YosoRoute {
        let (cost, lines) = (head.costs, Double((width + 15) / 16))
        return ofSelected(
            head, dense: 2 * lines * cost.product(products.precision) + cost[.weight],
            pair: lines * cost[.selectedLine] + cost[.weight], products)
    }

    /// The fastest for `SampledHead.writeGradients`: `dense` or `collisions`.
    static func ofSelectedGradients(_ head: HashedHead, width: Int, _ products: Products) -> YosoRoute {
        let (cost, lines) = (head.costs, Double((width + 15) / 16))
        return ofSelected(
            head, dense: 5 * lines * cost.product(products.precision) + cost[.weight],
            pair: lines * cost[.selectedGradientLine] + cost[.weight], products)
    }

    /// By the cost of a pair in either route; a pair that collides more than once is met once, but found as often.
    private static func ofSelected(_ head: HashedHead, dense: Double, pair: Double, _ products: Products) -> YosoRoute {
        let (n, m, cost) = (Double(head.length), Double(head.hashes), head.costs)
        let dense = n * n * (m * cost[.nearest] + dense)
        guard dense > n * m * cost[.sorting] else { return .dense }
        let found = Double(head.estimatedCollisions(products.pool))
        let met = found * n * n / (found + n * n)
        return dense < n * m * cost[.sorting] + found * cost[.found] + met * pair ? .dense : .collisions
    }

    /// Columns that a table holds at once: as many as leave table, values and sums in half of a megabyte of cache.
    static func tableColumns(length: Int, bits: Int, width: Int) -> Int {
        let rows = (1 << bits) + 2 * length
        let columns = [64, 32].first { rows * $0 <= 131_072 } ?? 16
        return min(columns, (width + 15) / 16 * 16)
    }
}
