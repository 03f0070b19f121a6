import CKernels

/// The side of a product on which an operand stands, and how many of its rows (left) or columns (right) a panel holds.
public protocol PanelSide {
    static var width: Int { get }
    static var isLeft: Bool { get }
}
public enum LeftSide: PanelSide {
    public static var width: Int { Int(CK_BF16_LEFT) }
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
        let (count, depth) = Side.isLeft ? (rows, columns) : (columns, rows)
        words = pool.tensor(1, (count + Side.width - 1) / Side.width * Side.width * ((depth + 1) / 2))
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

    /// The words from an even place of the depth on.
    fileprivate func words(depthFrom first: Int) -> Tensor { words.row(0, first / 2 * Side.width..<words.columns) }

    fileprivate var pairs: Int { ((Side.isLeft ? columns : rows) + 1) / 2 }

    /// Fills whole panels with some rows (left) or columns (right), from the first of a panel on.
    public func pack(_ part: Matrix, from first: Int) {
        precondition(first % Side.width == 0 && fits(part, from: first, rowsAreCut: Side.isLeft))
        pack(part, at: first * pairs)
    }

    /// Fills a part of the depth of all panels, from an even place on, with some columns (left) or rows (right).
    public func pack(_ part: Matrix, depthFrom first: Int) {
        precondition(first % 2 == 0 && fits(part, from: first, rowsAreCut: !Side.isLeft))
        pack(part, at: first / 2 * Side.width)
    }

    private func fits(_ part: Matrix, from first: Int, rowsAreCut: Bool) -> Bool {
        rowsAreCut
            ? part.columns == columns && first + part.rows <= rows
            : part.rows == rows && first + part.columns <= columns
    }

    private func pack(_ part: Matrix, at word: Int) {
        withPointers(part, words.row(0, word..<words.columns)) {
            ck_bf16_pack(Side.isLeft ? 1 : 0, part.isTransposed == Side.isLeft ? 1 : 0, $0, Int64(pairs), $1)
        }
    }
}

/// c = a b, c = start + a b with a row to start from, or c += a b; operands are bf16, sums float32. And, of c = start + a b,
/// gelu(c) as operands of products to come, made while c is in the cache: c is then rows of it from `first`, a multiple of 12, on.
///
/// A row of c depends on its row of a alone, in every bit, and a column on its column of b.
public func multiply(
    _ a: LeftPanels, _ b: RightPanels, into c: Matrix, startingFrom start: Tensor? = nil, accumulate: Bool = false,
    gelu: (left: LeftPanels, right: RightPanels?, first: Int)? = nil
) {
    precondition(
        a.columns == b.rows && c.rows == a.rows && c.columns == b.columns && !c.isTransposed,
        "[\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)] into [\(c.rows), \(c.columns)]")
    precondition(start.map { $0.count == c.columns && !accumulate } ?? (gelu.map { _ in false } ?? true))
    guard let gelu else {
        withPointers(a.words, b.words, start, c) {
            ck_bf16_multiply(Int64(a.columns), $0, $1, $2, accumulate ? 1 : 0, $3)
        }
        return
    }
    precondition(
        gelu.left.rows >= gelu.first + c.rows && gelu.left.columns == c.columns
            && (gelu.right.map { $0.rows == gelu.left.rows && $0.columns == c.columns } ?? true))
    let left = gelu.left.part(gelu.first..<gelu.first + c.rows).words
    withPointers(a.words, b.words, start, c, left, gelu.right?.words(depthFrom: gelu.first)) {
        ck_bf16_multiply_gelu(Int64(a.columns), $0, $1, $2, $3, $4, Int64(gelu.right?.pairs ?? 0), $5)
    }
}
