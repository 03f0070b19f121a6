import CKernels

/// The side of a product on which an operand stands, and how many of its rows (left) or columns (right) a panel holds.
public protocol PanelSide {
    static var width: Int { get }
    static var isLeft: Bool { get }
}
public enum LeftSide: PanelSide {
    public static let width = Int(ck_bf16_left())
    public static var isLeft: Bool { true }
}
public enum RightSide: PanelSide {
    public static var width: Int { Int(CK_BF16_RIGHT) }
    public static var isLeft: Bool { false }
}

public typealias LeftPanels = Panels<LeftSide>
public typealias RightPanels = Panels<RightSide>

/// An operand [rows, columns] of a product, rounded to bf16 and laid out as the product reads it.
public struct Panels<Side: PanelSide> {
    let words: Tensor
    public let rows: Int
    public let columns: Int

    /// Room for [rows, columns], to be filled by `pack`.
    public init(rows: Int, columns: Int, from pool: StoragePool) {
        (self.rows, self.columns) = (rows, columns)
        words = pool.tensor(1, Self.words(rows: rows, columns: columns))
    }

    /// What [rows, columns] takes, in words as long as floats.
    public static func words(rows: Int, columns: Int) -> Int {
        let (count, depth) = Side.isLeft ? (rows, columns) : (columns, rows)
        return (count + Side.width - 1) / Side.width * Side.width * Int(ck_bf16_pairs(Int64(depth)))
    }

    /// All of `matrix`.
    public init(_ matrix: Matrix, from pool: StoragePool) {
        self.init(rows: matrix.rows, columns: matrix.columns, from: pool)
        pack(matrix, from: 0)
    }

    private init(_ words: Tensor, rows: Int, columns: Int) {
        (self.words, self.rows, self.columns) = (words, rows, columns)
    }

    public static var width: Int { Side.width }

    /// Some rows (left) or columns (right), from the first of a panel on.
    func part(_ range: Range<Int>) -> Self {
        precondition(range.lowerBound % Side.width == 0)
        return Panels(
            words.row(0, range.lowerBound * pairs..<words.columns), rows: Side.isLeft ? range.count : rows,
            columns: Side.isLeft ? columns : range.count)
    }

    private var depth: Int { Side.isLeft ? columns : rows }
    private var pairs: Int { Int(ck_bf16_pairs(Int64(depth))) }

    /// Fills whole panels with some rows (left) or columns (right), from the first of a panel on.
    public func pack(_ part: Matrix, from first: Int) {
        precondition(first % Side.width == 0 && fits(part, from: first, rowsAreCut: Side.isLeft))
        pack(part, atWord: first * pairs, depthFrom: 0)
    }

    /// Fills a part of the depth of all panels, from an even place on, with some columns (left) or rows (right).
    public func pack(_ part: Matrix, depthFrom first: Int) {
        precondition(first % 2 == 0 && fits(part, from: first, rowsAreCut: !Side.isLeft))
        pack(part, atWord: 0, depthFrom: first)
    }

    private func fits(_ part: Matrix, from first: Int, rowsAreCut: Bool) -> Bool {
        rowsAreCut
            ? part.columns == columns && first + part.rows <= rows
            : part.rows == rows && first + part.columns <= columns
    }

    private func pack(_ part: Matrix, atWord word: Int, depthFrom first: Int) {
        let isAcross = part.isTransposed == Side.isLeft
        withPointers(part, words.row(0, word..<words.columns)) {
            ck_bf16_pack(Side.isLeft ? 1 : 0, isAcross ? 1 : 0, $0, Int64(first / 2), Int64(depth), $1)
        }
    }
}

/// c = a b, c = start + a b with a row to start from, or c += a b; operands are bf16, sums float32. And, of c = start + a b,
/// gelu(c) as operands of products to come, made while c is in the cache: c is then a block of what these hold, which begins in a `row` and a `column` that panels begin with.
///
/// A row of c depends on its row of a alone, in every bit, and a column on its column of b.
public func multiply(
    _ a: LeftPanels, _ b: RightPanels, into c: Matrix, startingFrom start: Tensor? = nil, accumulate: Bool = false,
    gelu: (left: LeftPanels, right: RightPanels?, row: Int, column: Int)? = nil
) {
    precondition(
        a.columns == b.rows && c.rows == a.rows && c.columns == b.columns && !c.isTransposed,
        "[\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)] into [\(c.rows), \(c.columns)]")
    precondition(start.map { $0.count == c.columns && !accumulate } ?? (gelu.map { _ in false } ?? true))
    guard let gelu else {
        withPointers(a.words, b.words, start, c) {
            ck_bf16_multiply(ck_bf16_is_fused(), Int64(a.columns), $0, $1, $2, accumulate ? 1 : 0, $3)
        }
        return
    }
    precondition(
        gelu.row % LeftPanels.width == 0 && gelu.left.rows >= gelu.row + c.rows
            && gelu.column % RightPanels.width == 0 && gelu.left.columns >= gelu.column + c.columns
            && (gelu.right.map { $0.rows == gelu.left.rows && $0.columns == gelu.left.columns } ?? true))
    withPointers(a.words, b.words, start, c, gelu.left.words, gelu.right?.words) {
        let panels = ck_gelu_panels(
            left: $4, right: $5, row: Int64(gelu.row), column: Int64(gelu.column), rows: Int64(gelu.left.rows),
            columns: Int64(gelu.left.columns))
        ck_bf16_multiply_gelu(ck_bf16_is_fused(), Int64(a.columns), $0, $1, $2, $3, panels)
    }
}
