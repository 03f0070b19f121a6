import CKernels

/// Float32 products by panels, where the CPU has AVX-512: a team lays out a part of the right factor once for all of its threads,
/// multiplies by it, and goes on with the next.
///
/// The sum of an element is cut at multiples of `Products.depth`, and each part of it is added to what came before: an element has
/// the same bits however rows, columns and depth are cut into blocks and rounds.
extension Products {
    #if DEBUG
        /// Without optimization the kernel takes tens of times as long as OpenBLAS's.
        public static let takesPanels = false
    #else
        /// Whether float32 products take panels: all or none, so that a row has the same bits whichever rows are beside it, and a
        /// text's answer is not another in another batch.
        public static let takesPanels = String(cString: ck_level()) == "AVX-512"
    #endif
    static let tile = (rows: Int(CK_PRODUCT_ROWS), columns: Int(CK_PRODUCT_COLUMNS))
    private static let depth = Int(CK_PRODUCT_DEPTH)

    /// Floats of the right factor in a round at the most, for every thread: 1.25 MB. More would leave its second-level cache, and
    /// with fewer all threads would wait for one another more often.
    static let roundFloats = 5 << 16
    /// Threads of which more have no larger rounds: 5 MB lie in the last-level cache.
    private static let roundThreads = 4

    /// c = a b, c = start + a b with a row to start from, or c += a b.
    func multiply(
        _ a: Matrix, _ b: Matrix, into c: Matrix, startingFrom start: Tensor?, accumulate: Bool,
        roundFloats: Int? = nil
    ) {
        check(a, (b.rows, b.columns), c, start, accumulate)
        let floats = roundFloats ?? self.roundFloats
        let rounds = Self.rounds(columns: b.columns, depth: b.rows, floats: floats)
        let panels = pool.tensor(1, Self.capacity(rounds, floats: floats))
        for columns in rounds.columns {
            let (c, start) = (c.columns(columns.lowerBound, columns.count), start?.row(0, columns))
            for depth in rounds.depth {
                let isFirst = depth.lowerBound == 0
                lay(b.block(depth, columns), into: panels)
                multiply(
                    a.columns(depth.lowerBound, depth.count), panels, into: c, startingFrom: isFirst ? start : nil,
                    accumulate: accumulate || !isFirst)
            }
        }
    }

    /// The same by what was laid out before, to the same bits.
    func multiply(
        _ a: Matrix, _ b: LaidFactor, into c: Matrix, startingFrom start: Tensor?, accumulate: Bool,
        roundFloats: Int? = nil
    ) {
        check(a, (b.rows, b.columns), c, start, accumulate)
        for columns in Self.rounds(columns: b.columns, depth: b.rows, floats: roundFloats ?? self.roundFloats).columns {
            multiply(
                a, b.panels(from: columns.lowerBound), into: c.columns(columns.lowerBound, columns.count),
                startingFrom: start?.row(0, columns), accumulate: accumulate)
        }
    }

    private var roundFloats: Int { Self.roundFloats * min(team.size, Self.roundThreads) }

    private func check(
        _ a: Matrix, _ b: (rows: Int, columns: Int), _ c: Matrix, _ start: Tensor?, _ accumulate: Bool
    ) {
        precondition(
            a.columns == b.rows && c.rows == a.rows && c.columns == b.columns && !c.isTransposed,
            "[\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)] into [\(c.rows), \(c.columns)]")
        precondition(start.map { $0.count == c.columns && !accumulate } ?? true)
    }

    private func lay(_ b: Matrix, into panels: Tensor) {
        team.cut(b.columns, weighing: b.rows, at: Self.tile.columns) { columns in
            let part = b.columns(columns.lowerBound, columns.count)
            withPointers(part, panels.row(0, columns.lowerBound * b.rows..<panels.columns)) {
                ck_product_pack(part.isTransposed ? 1 : 0, $0, $1)
            }
        }
    }

    private func multiply(
        _ a: Matrix, _ panels: Tensor, into c: Matrix, startingFrom start: Tensor?, accumulate: Bool
    ) {
        let depth = a.columns
        blocks(of: c, depth: depth, unit: Self.tile) { rows, columns, lane in
            let scratch = team.pool(of: lane, first: pool).tensor(1, Int(CK_PRODUCT_SCRATCH))
            let (a, right) = (a.rows(rows.lowerBound, rows.count), columns.lowerBound * depth..<panels.columns)
            withPointers(a, panels.row(0, right), start?.row(0, columns), c.block(rows, columns), scratch) {
                let how = ck_product(
                    is_wide: ck_product_is_wide(), is_transposed: a.isTransposed ? 1 : 0,
                    accumulates: accumulate ? 1 : 0, depth: Int64(depth))
                ck_product_multiply(how, $0, $1, $2, $3, $4)
            }
        }
    }

    /// Ranges of columns and of depth, of which a pair is a round. Depth is cut sooner, since a cut costs nothing where sums are
    /// added to c anyway; for other columns the left factor must be laid out anew.
    static func rounds(columns: Int, depth: Int, floats: Int) -> (columns: [Range<Int>], depth: [Range<Int>]) {
        let columns = equalRanges(columns, at: tile.columns, most: floats / min(depth, Self.depth))
        return (columns, equalRanges(depth, at: Self.depth, most: floats / padded(columns)))
    }

    /// Columns of the widest range, filled up to whole panels.
    private static func padded(_ ranges: [Range<Int>]) -> Int {
        let widest = ranges.map(\.count).max() ?? 0
        return (widest + tile.columns - 1) / tile.columns * tile.columns
    }

    /// One of three sizes, so that products of many shapes share their memory.
    private static func capacity(_ rounds: (columns: [Range<Int>], depth: [Range<Int>]), floats: Int) -> Int {
        let needed = padded(rounds.columns) * (rounds.depth.map(\.count).max() ?? 0)
        return [floats / 16, floats / 4].first { $0 >= needed } ?? max(floats, needed)
    }

    /// As few ranges as can be of at most `most`, or of one unit, and as equal as can be, which begin at multiples of `unit`.
    private static func equalRanges(_ count: Int, at unit: Int, most: Int) -> [Range<Int>] {
        let (units, unitsAtMost) = ((count + unit - 1) / unit, max(1, most / unit))
        let parts = (units + unitsAtMost - 1) / unitsAtMost
        return (0..<parts).map { part in
            (part * units / parts * unit)..<min(count, (part + 1) * units / parts * unit)
        }
    }
}
