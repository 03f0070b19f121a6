import Tensors

/// A way to evaluate sums over collisions. All give the same numbers up to rounding.
enum YosoRoute: CaseIterable {
    /// Collision counts by compares, then matrix products: quadratic, and fastest for short sequences.
    case dense
    /// A table of sums a hash: linear for any data. Gradients of queries and keys have no tables and enumerate.
    case tables
    /// Enumeration of the pairs that collide: linear while they are rare, and then faster than tables.
    case collisions

    /// The fastest for `HashedHead.sums`, by the costs below.
    static func ofSums(_ head: HashedHead, width: Int, _ pool: StoragePool) -> YosoRoute {
        let (n, m) = (Double(head.length), Double(head.hashes))
        let lines = Double((width + 15) / 16)
        let dense = n * n * (m * Cost.compare + lines * Cost.product)
        let tables = n * m * lines * Cost.tableLine
        guard min(dense, tables) > n * m * Cost.sorting else { return dense < tables ? .dense : .tables }
        let pairs = Double(head.estimatedCollisions(pool))
        let collisions = n * m * Cost.sorting + pairs * lines * Cost.addedLine
        if dense < min(tables, collisions) { return .dense }
        return tables < collisions ? .tables : .collisions
    }

    /// The fastest for `HashedHead.writeGradients`.
    static func ofGradients(_ head: HashedHead, width: Int, _ pool: StoragePool) -> YosoRoute {
        let (n, m) = (Double(head.length), Double(head.hashes))
        let lines = Double((width + 15) / 16)
        let dense = n * n * (m * Cost.compare + 4 * lines * Cost.product)
        guard dense > n * m * Cost.sorting else { return .dense }
        let pairs = Double(head.estimatedCollisions(pool))
        let collisions = n * m * Cost.sorting + pairs * lines * Cost.gradientLine
        return dense < collisions ? .dense : .collisions
    }

    /// The fastest for `SampledHead.sum`: `dense` or `collisions`.
    static func ofSelectedSums(_ head: HashedHead, width: Int, _ pool: StoragePool) -> YosoRoute {
        let lines = Double((width + 15) / 16)
        return ofSelected(
            head, dense: 2 * lines * Cost.product + Cost.weight, pair: lines * Cost.selectedLine + Cost.weight, pool)
    }

    /// The fastest for `SampledHead.writeGradients`: `dense` or `collisions`.
    static func ofSelectedGradients(_ head: HashedHead, width: Int, _ pool: StoragePool) -> YosoRoute {
        let lines = Double((width + 15) / 16)
        return ofSelected(
            head, dense: 5 * lines * Cost.product + Cost.weight, pair: lines * Cost.selectedGradientLine + Cost.weight,
            pool)
    }

    /// By the cost of a pair in either route; a pair that collides more than once is met once, but found as often.
    private static func ofSelected(_ head: HashedHead, dense: Double, pair: Double, _ pool: StoragePool) -> YosoRoute {
        let (n, m) = (Double(head.length), Double(head.hashes))
        let dense = n * n * (m * Cost.nearest + dense)
        guard dense > n * m * Cost.sorting else { return .dense }
        let found = Double(head.estimatedCollisions(pool))
        let met = found * n * n / (found + n * n)
        return dense < n * m * Cost.sorting + found * Cost.found + met * pair ? .dense : .collisions
    }

    /// Columns that a table holds at once: as many as leave table, values and sums in half of a megabyte of cache.
    static func tableColumns(length: Int, bits: Int, width: Int) -> Int {
        let rows = (1 << bits) + 2 * length
        let columns = [64, 32].first { rows * $0 <= 131_072 } ?? 16
        return min(columns, (width + 15) / 16 * 16)
    }

    /// Nanoseconds on one core of a Zen 5, from timings of the kernels at 512 and 4,096 tokens with 32 hashes, every time on
    /// other codes: from the same ones the core learns where buckets end. Only their ratios matter. A line is 16 floats.
    private enum Cost {
        /// A pair's codes compared, one hash.
        static let compare = 0.015
        /// A pair's part of a product, a line.
        static let product = 0.14
        /// A token added to a table, looked up, and wiped, one hash.
        static let tableLine = 2.0
        /// A token sorted, its bucket found and read, one hash.
        static let sorting = 4.0
        /// A collision added up.
        static let addedLine = 0.5
        /// A collision of the gradients.
        static let gradientLine = 3.3
        /// A pair's codes compared for the nearest, one hash.
        static let nearest = 0.005
        /// A pair weighed.
        static let weight = 0.6
        /// A collision looked up.
        static let found = 1.5
        /// A pair's cosine and its part of the sums.
        static let selectedLine = 1.0
        /// A pair of the gradients of the conditional estimator.
        static let selectedGradientLine = 4.0
    }
}
