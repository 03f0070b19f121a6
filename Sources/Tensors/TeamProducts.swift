import CKernels

/// Products of a team: the result is cut into blocks, one a thread.
///
/// A block has the bits that it has in the whole: of panels by the order of sums that every element has of its own, of float32
/// where `OpenBLAS` keeps them, since its kernels sum up an element in one order too, but not at the edge of a product. With AVX-512
/// float32 goes in rounds by panels as well. A team of one makes one call.
extension Products {
    /// c = a b, or c += a b, of factors of one precision.
    public func multiply(_ a: LeftFactor, _ b: RightFactor, into c: Matrix, accumulate: Bool = false) {
        if multiplyFloats(a, b, into: c, startingFrom: nil, accumulate: accumulate) { return }
        blocks(of: c, depth: a.columns) { rows, columns in
            Tensors.multiply(a.part(rows), b.part(columns), into: c.block(rows, columns), accumulate: accumulate)
        }
    }

    /// Every row of c = row + a b.
    public func multiply(_ a: LeftFactor, _ b: RightFactor, plus row: Tensor, into c: Tensor) {
        if multiplyFloats(a, b, into: c.matrix, startingFrom: row, accumulate: false) { return }
        blocks(of: c.matrix, depth: a.columns) { rows, columns in
            let (a, b, block) = (a.part(rows), b.part(columns), c.matrix.block(rows, columns))
            let row = row.row(0, columns)
            if case (.panels(let a), .panels(let b)) = (a, b) {
                Tensors.multiply(a, b, into: block, startingFrom: row)
            } else {
                withPointers(row, block) { ck_fill_rows($0, $1) }
                Tensors.multiply(a, b, into: block, accumulate: true)
            }
        }
    }

    /// Whether they are float32 factors of which products take panels; then c is there.
    private func multiplyFloats(
        _ a: LeftFactor, _ b: RightFactor, into c: Matrix, startingFrom start: Tensor?, accumulate: Bool
    ) -> Bool {
        switch (a, b) {
        case (.plain(let a), .laid(let b)): multiply(a, b, into: c, startingFrom: start, accumulate: accumulate)
        case (.plain(let a), .plain(let b)) where Self.takesPanels:
            multiply(a, b, into: c, startingFrom: start, accumulate: accumulate)
        default: return false
        }
        return true
    }

    func blocks(of c: Matrix, depth: Int, _ body: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
        guard team.size > 1 else { return body(0..<c.rows, 0..<c.columns) }
        blocks(of: c, depth: depth, unit: unit(c.rows, c.columns)) { rows, columns, _ in body(rows, columns) }
    }

    /// The same of blocks that begin at multiples of `unit`, with the thread that one is on.
    func blocks(
        of c: Matrix, depth: Int, unit: (rows: Int, columns: Int),
        _ body: (_ rows: Range<Int>, _ columns: Range<Int>, _ lane: Int) -> Void
    ) {
        let grid = grid(rows: c.rows, columns: c.columns, depth: depth, unit: unit)
        team.together(grid.rows.count * grid.columns.count) { block in
            body(grid.rows[block / grid.columns.count], grid.columns[block % grid.columns.count], block)
        }
    }

    /// Where blocks of a product may begin: at multiples.
    private func unit(_ rows: Int, _ columns: Int) -> (rows: Int, columns: Int) {
        if precision == .bf16 { return (LeftPanels.width, RightPanels.width) }
        return (OpenBLAS.keepsBits.rows ? 24 : max(1, rows), OpenBLAS.keepsBits.columns ? 64 : max(1, columns))
    }

    /// As many blocks as there are threads, or fewer, of the shape that reads least.
    private func grid(
        rows: Int, columns: Int, depth: Int, unit: (rows: Int, columns: Int)
    ) -> (rows: [Range<Int>], columns: [Range<Int>]) {
        let whole = ([0..<rows], [0..<columns])
        let most = min(team.size, rows * columns * depth / Self.leastProduct)
        guard most > 1 else { return whole }
        let units = (rows: max(1, rows / unit.rows), columns: max(1, columns / unit.columns))
        func largest(_ count: Int, _ units: Int, _ unit: Int, _ parts: Int) -> Int {
            (units + parts - 1) / parts * unit + count % unit
        }
        func smallest(_ parts: (Int, Int)) -> Int {
            units.rows / parts.0 * unit.rows * (units.columns / parts.1 * unit.columns) * depth
        }
        let shapes = (1...min(most, units.rows)).flatMap { high in
            (1...min(most / high, units.columns)).map { (high, $0) }
        }.filter { $0 == (1, 1) || smallest($0) >= Self.leastProduct }
        let costs = shapes.map { shape in
            let high = largest(rows, units.rows, unit.rows, shape.0)
            let wide = largest(columns, units.columns, unit.columns, shape.1)
            return high * wide + Self.readingCost * (high + wide)
        }
        guard let best = costs.indices.min(by: { costs[$0] < costs[$1] }) else { return whole }
        return (
            Self.ranges(rows, units.rows, unit.rows, shapes[best].0),
            Self.ranges(columns, units.columns, unit.columns, shapes[best].1)
        )
    }

    /// `parts` ranges of whole units, and what is left of one in the last.
    private static func ranges(_ count: Int, _ units: Int, _ unit: Int, _ parts: Int) -> [Range<Int>] {
        (0..<parts).map { part in
            (part * units / parts * unit)..<(part == parts - 1 ? count : (part + 1) * units / parts * unit)
        }
    }

    /// Multiplications of a block at least: OpenBLAS has other kernels, with other bits, for less than a million, and less is not
    /// worth a thread.
    static let leastProduct = 1 << 20
    /// Multiplications in the time that OpenBLAS takes to lay out one number of a factor.
    private static let readingCost = 50
}

extension Factor {
    /// The part of a product's depth, [rows, columns] of a left or of a right factor.
    var columns: Int {
        switch self {
        case .plain(let matrix): matrix.columns
        case .panels(let panels): panels.columns
        case .laid(let laid): laid.columns
        }
    }

    /// Some rows (left) or columns (right).
    func part(_ range: Range<Int>) -> Self {
        switch self {
        case .plain(let matrix):
            .plain(
                Side.isLeft
                    ? matrix.rows(range.lowerBound, range.count) : matrix.columns(range.lowerBound, range.count))
        case .panels(let panels): .panels(panels.part(range))
        case .laid(let laid): .laid(laid.part(range))
        }
    }
}

extension Matrix {
    func block(_ rows: Range<Int>, _ columns: Range<Int>) -> Matrix {
        self.rows(rows.lowerBound, rows.count).columns(columns.lowerBound, columns.count)
    }
}
