import CKernels
import COpenBLAS

/// A strided view for products: element (i, j) lies at `pointer[i * stride + j]`; `transposed` swaps the roles of
/// rows and columns without moving anything. Valid while the tensor under it lives.
public struct Matrix {
    public let pointer: UnsafeMutablePointer<Float>
    public let rows: Int
    public let columns: Int
    public let stride: Int
    let isTransposed: Bool

    public init(pointer: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int) {
        self.init(pointer: pointer, rows: rows, columns: columns, stride: stride, isTransposed: false)
    }

    private init(pointer: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int, isTransposed: Bool) {
        self.pointer = pointer
        self.rows = rows
        self.columns = columns
        self.stride = stride
        self.isTransposed = isTransposed
    }

    /// The transpose of this matrix, over the same numbers.
    public var transposed: Matrix {
        Matrix(pointer: pointer, rows: columns, columns: rows, stride: stride, isTransposed: !isTransposed)
    }

    /// `count` rows from `first` on.
    public func rows(_ first: Int, _ count: Int) -> Matrix {
        precondition(!isTransposed && first >= 0 && first + count <= rows)
        return Matrix(pointer: pointer + first * stride, rows: count, columns: columns, stride: stride)
    }

    /// `count` columns from `first` on.
    public func columns(_ first: Int, _ count: Int) -> Matrix {
        precondition(!isTransposed && first >= 0 && first + count <= columns)
        return Matrix(pointer: pointer + first, rows: rows, columns: count, stride: stride)
    }
}

/// target = source, of matrices of one shape, neither transposed.
public func copyRows(_ source: Matrix, into target: Matrix) {
    precondition(
        source.rows == target.rows && source.columns == target.columns && !source.isTransposed && !target.isTransposed,
        "[\(source.rows), \(source.columns)] into [\(target.rows), \(target.columns)]")
    ck_copy_rows(
        Int64(source.rows), Int64(source.columns), source.pointer, Int64(source.stride), target.pointer,
        Int64(target.stride))
}

/// c = scale · a b, or c += scale · a b where `accumulate`; a is [m, k], b is [k, n], c is [m, n] and not transposed.
public func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, scale: Float = 1, accumulate: Bool = false) {
    precondition(
        a.columns == b.rows && c.rows == a.rows && c.columns == b.columns && !c.isTransposed,
        "[\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)] into [\(c.rows), \(c.columns)]")
    cblas_sgemm(
        CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
        blasint(c.rows), blasint(c.columns), blasint(a.columns), scale, a.pointer, blasint(a.stride), b.pointer,
        blasint(b.stride), accumulate ? 1 : 0, c.pointer, blasint(c.stride))
}
