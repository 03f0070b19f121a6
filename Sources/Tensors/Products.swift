/// What products read in one precision: operands are made ready once, for as many products as read them, by a team.
public struct Products {
    public let precision: Precision
    public let pool: StoragePool
    public let team: Team

    public init(_ precision: Precision, from pool: StoragePool, _ team: Team = .alone) {
        (self.precision, self.pool, self.team) = (precision, pool, team)
    }

    /// Calls `body` with every index below `count`, spread over the team, with products of the thread that it is on alone.
    public func each(_ count: Int, _ body: (_ index: Int, _ products: Products) -> Void) {
        team.each(count) { index, lane in
            body(index, Products(precision, from: team.pool(of: lane, first: pool)))
        }
    }

    /// `body` of the same, in order of the index.
    public func map<Result>(_ count: Int, _ body: (_ index: Int, _ products: Products) -> Result) -> [Result] {
        team.map(count) { index, lane in body(index, Products(precision, from: team.pool(of: lane, first: pool))) }
    }

    /// Calls `body` with ranges that make up `0 ..< count` as `Team.cut` does, with memory of the thread that it is on.
    public func eachRange(_ count: Int, weighing weight: Int, _ body: (Range<Int>, StoragePool) -> Void) {
        team.cut(count, weighing: weight) { range, lane in body(range, team.pool(of: lane, first: pool)) }
    }

    /// `matrix` as the left factor.
    public func left(_ matrix: Matrix) -> LeftFactor { factor(matrix) }

    /// `matrix` as the right factor.
    public func right(_ matrix: Matrix) -> RightFactor { factor(matrix) }

    private func factor<Side>(_ matrix: Matrix) -> Factor<Side> {
        guard precision == .bf16 else { return .plain(matrix) }
        let panels = Panels<Side>(rows: matrix.rows, columns: matrix.columns, from: pool)
        let (count, depth) = Side.isLeft ? (matrix.rows, matrix.columns) : (matrix.columns, matrix.rows)
        team.cut(count, weighing: depth, at: Side.width) { range in
            let (first, count) = (range.lowerBound, range.count)
            panels.pack(Side.isLeft ? matrix.rows(first, count) : matrix.columns(first, count), from: first)
        }
        return .panels(panels)
    }

    /// `input` as the left factor, and, where it `isKept`, as the right factor of later products, in bf16 made ready by one read.
    public func leftAndKept(_ input: Tensor, isKept: Bool) -> (left: LeftFactor, kept: RightFactor?) {
        let matrix = input.matrix
        guard isKept else { return (left(matrix), nil) }
        guard precision == .bf16 else { return (.plain(matrix), .plain(matrix)) }
        let left = LeftPanels(rows: input.rows, columns: input.columns, from: pool)
        let right = RightPanels(rows: input.rows, columns: input.columns, from: pool)
        team.cut(input.rows, weighing: input.columns, at: LeftPanels.width) { rows in
            for first in stride(from: rows.lowerBound, to: rows.upperBound, by: LeftPanels.width) {
                let part = matrix.rows(first, min(LeftPanels.width, rows.upperBound - first))
                left.pack(part, from: first)
                right.pack(part, depthFrom: first)
            }
        }
        return (.panels(left), .panels(right))
    }

    /// h = row + a b in every row, of panels, and gelu(h) like `leftAndKept`, made ready while h is in the cache.
    public func multiplyAndActivate(
        _ a: LeftFactor, _ b: RightFactor, plus row: Tensor, into h: Tensor, isKept: Bool
    ) -> (left: LeftFactor, kept: RightFactor?) {
        guard case (.panels(let a), .panels(let b)) = (a, b) else {
            preconditionFailure("float32 factors have no panels to leave gelu in")
        }
        let left = LeftPanels(rows: h.rows, columns: h.columns, from: pool)
        let right = isKept ? RightPanels(rows: h.rows, columns: h.columns, from: pool) : nil
        blocks(of: h.matrix, depth: a.columns) { rows, columns in
            Tensors.multiply(
                a.part(rows), b.part(columns), into: h.matrix.block(rows, columns), startingFrom: row.row(0, columns),
                gelu: (left, right, rows.lowerBound, columns.lowerBound))
        }
        return (.panels(left), right.map(RightFactor.panels))
    }

    /// Room for `matrix` and its transpose as left factors, to which its rows are still to be added.
    public func emptyPair(of matrix: Matrix) -> LeftFactorPair { LeftFactorPair(matrix, precision, from: pool) }

    /// `matrix` and its transpose as left factors.
    public func pair(of matrix: Matrix) -> LeftFactorPair {
        let pair = emptyPair(of: matrix)
        team.cut(matrix.rows, weighing: matrix.columns, at: LeftFactorPair.rowsAtATime) { pair.addEach(rows: $0) }
        return pair
    }
}

/// A factor of a product, as its precision wants it.
public enum Factor<Side: PanelSide> {
    case plain(Matrix)
    case panels(Panels<Side>)
    /// On the right alone.
    case laid(LaidFactor)
}

public typealias LeftFactor = Factor<LeftSide>
public typealias RightFactor = Factor<RightSide>

/// The left factors of a matrix and of its transpose, made ready a few rows at a time, while these are in the cache.
public struct LeftFactorPair {
    private let matrix: Matrix
    private let panels: (straight: LeftPanels, transposed: LeftPanels)?

    fileprivate init(_ matrix: Matrix, _ precision: Precision, from pool: StoragePool) {
        self.matrix = matrix
        guard precision == .bf16 else {
            panels = nil
            return
        }
        panels = (
            LeftPanels(rows: matrix.rows, columns: matrix.columns, from: pool),
            LeftPanels(rows: matrix.columns, columns: matrix.rows, from: pool)
        )
    }

    /// Rows of one call of `add`, which begin at a multiple of it.
    public static let rowsAtATime = LeftPanels.width

    /// Takes up rows of the matrix, once they have their values.
    public func add(rows: Range<Int>) {
        guard let panels else { return }
        let part = matrix.rows(rows.lowerBound, rows.count)
        panels.straight.pack(part, from: rows.lowerBound)
        panels.transposed.pack(part.transposed, depthFrom: rows.lowerBound)
    }

    /// Takes up rows from a multiple of `rowsAtATime` on.
    fileprivate func addEach(rows: Range<Int>) {
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.rowsAtATime) {
            add(rows: first..<min(first + Self.rowsAtATime, rows.upperBound))
        }
    }

    /// The matrix, when all of its rows were added.
    public var straight: LeftFactor { panels.map { .panels($0.straight) } ?? .plain(matrix) }
    /// Its transpose.
    public var transposed: LeftFactor { panels.map { .panels($0.transposed) } ?? .plain(matrix.transposed) }
}

/// c = a b, or c += a b, of factors of one precision.
public func multiply(_ a: LeftFactor, _ b: RightFactor, into c: Matrix, accumulate: Bool = false) {
    switch (a, b) {
    case (.plain(let a), .plain(let b)): multiply(a, b, into: c, accumulate: accumulate)
    case (.panels(let a), .panels(let b)): multiply(a, b, into: c, accumulate: accumulate)
    default: preconditionFailure("factors of different precision, or laid out for a team")
    }
}
