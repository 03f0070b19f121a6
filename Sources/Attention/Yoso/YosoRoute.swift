import Tensors

/// A way to evaluate sums over collisions. All give the same numbers up to rounding.
enum YosoRoute: CaseIterable {
    /// Collision counts by compares, then matrix products: quadratic, and fastest for short sequences.
    case dense
    /// A table of sums a hash: linear for any data. Gradients of queries and keys have no tables and enumerate.
    case tables
    /// Enumeration of the pairs that collide: linear while they are rare, and then faster than tables.
    case collisions
    /// The same by a list of all pairs, a line of columns at a time: where rows lie beyond the caches near a core.
    case list

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
        return tables < collisions ? .tables : n * Double(width) > Cost.nearSums ? .list : .collisions
    }

    /// The fastest for `HashedHead.writeGradients`.
    static func ofGradients(_ head: HashedHead, width: Int, _ pool: StoragePool) -> YosoRoute {
        let (n, m) = (Double(head.length), Double(head.hashes))
        let lines = Double((width + 15) / 16)
        let dense = n * n * (m * Cost.compare + 3 * lines * Cost.product)
        guard dense > n * m * Cost.sorting else { return .dense }
        let pairs = Double(head.estimatedCollisions(pool))
        let collisions = n * m * Cost.sorting + pairs * lines * Cost.gradientLine
        return dense < collisions ? .dense : n * Double(width) > Cost.nearGradients ? .list : .collisions
    }

    /// Columns that a table holds at once: as many as leave table, values and sums in half of a megabyte of cache.
    static func tableColumns(length: Int, bits: Int, width: Int) -> Int {
        let rows = (1 << bits) + 2 * length
        let columns = [64, 32].first { rows * $0 <= 131_072 } ?? 16
        return min(columns, (width + 15) / 16 * 16)
    }

    /// Nanoseconds on one core of a Zen 5, from timings of the kernels at 512 and 4,096 tokens with 32 hashes; only their
    /// ratios matter. A line is 16 floats.
    private enum Cost {
        /// A pair's codes compared, one hash.
        static let compare = 0.033
        /// A pair's part of a product, a line.
        static let product = 0.33
        /// A token added to a table, looked up, and wiped, one hash.
        static let tableLine = 3.0
        /// A token sorted, and its bucket found, one hash.
        static let sorting = 4.0
        /// A collision added up.
        static let addedLine = 1.6
        /// A collision of the gradients.
        static let gradientLine = 5.0
        /// Elements of the rows from which on the list is faster: 24,000 tokens of 64, and 16,000 for the gradients, which
        /// read three rows.
        static let nearSums = 1_500_000.0
        static let nearGradients = 900_000.0
    }
}
