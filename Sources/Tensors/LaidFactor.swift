import CKernels

/// A right factor [rows, columns] of float32 products, laid out once for as many products as read it: panels of
/// `width` columns, [rows, width], the last filled up with zeros.
public struct LaidFactor {
    private let floats: Tensor
    public let rows: Int
    public let columns: Int

    public static let width = Products.tile.columns

    /// [rows, columns] in memory of as many floats as that takes, to be filled by `lay`.
    public init(rows: Int, columns: Int, in floats: Tensor) {
        precondition(floats.count == Self.floats(rows: rows, columns: columns))
        self.init(floats, rows: rows, columns: columns)
    }

    private init(_ floats: Tensor, rows: Int, columns: Int) {
        (self.floats, self.rows, self.columns) = (floats, rows, columns)
    }

    /// What [rows, columns] takes.
    public static func floats(rows: Int, columns: Int) -> Int { (columns + width - 1) / width * width * rows }

    /// Fills whole panels with some columns, from the first of a panel on.
    public func lay(_ part: Matrix, from first: Int) {
        precondition(first % Self.width == 0 && part.rows == rows && first + part.columns <= columns)
        withPointers(part, panels(from: first)) { ck_product_pack(part.isTransposed ? 1 : 0, $0, $1) }
    }

    /// From the panel on that begins with column `first`.
    func panels(from first: Int) -> Tensor { floats.row(0, first * rows..<floats.columns) }

    /// Some columns, from the first of a panel on.
    func part(_ range: Range<Int>) -> LaidFactor {
        LaidFactor(panels(from: range.lowerBound), rows: rows, columns: range.count)
    }
}
