import CKernels
import COpenBLAS

/// A strided view for products: element (i, j) lies `i * stride + j` behind the first; `transposed` swaps the roles of
/// rows and columns without moving anything. It holds the numbers under it as a tensor does.
public struct Matrix: KernelOperand {
    @usableFromInline let storage: Storage
    @usableFromInline let offset: Int
    public let rows: Int
    public let columns: Int
    @usableFromInline let stride: Int
    @usableFromInline let isTransposed: Bool

    init(_ tensor: Tensor, rows: Int, columns: Int, stride: Int) {
        precondition(tensor.storage.memory == nil, "the host touches [\(rows), \(columns)] of a device")
        self.init(tensor.storage, tensor.offset, rows, columns, stride, isTransposed: false)
    }

    private init(_ storage: Storage, _ offset: Int, _ rows: Int, _ columns: Int, _ stride: Int, isTransposed: Bool) {
        (self.storage, self.offset) = (storage, offset)
        (self.rows, self.columns, self.stride) = (rows, columns, stride)
        self.isTransposed = isTransposed
    }

    /// The matrix of kernels, which know no transposed one: rows and columns are those of the storage.
    @inlinable public func withPointer<Result>(_ body: (ck_matrix) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(storage) {
            try body(
                ck_matrix(
                    data: storage.start + offset, rows: Int64(isTransposed ? columns : rows),
                    columns: Int64(isTransposed ? rows : columns), stride: Int64(stride)))
        }
    }

    /// One element, for looks at single ones: loops over them belong to kernels.
    public subscript(i: Int, j: Int) -> Float {
        precondition((0..<rows).contains(i) && (0..<columns).contains(j), "(\(i), \(j)) of [\(rows), \(columns)]")
        return withPointer { $0.data[isTransposed ? j * stride + i : i * stride + j] }
    }

    /// The transpose of this matrix, over the same numbers.
    public var transposed: Matrix { Matrix(storage, offset, columns, rows, stride, isTransposed: !isTransposed) }

    /// `count` rows from `first` on.
    public func rows(_ first: Int, _ count: Int) -> Matrix {
        precondition(first >= 0 && first + count <= rows)
        let place = offset + first * (isTransposed ? 1 : stride)
        return Matrix(storage, place, count, columns, stride, isTransposed: isTransposed)
    }

    /// `count` columns from `first` on.
    public func columns(_ first: Int, _ count: Int) -> Matrix {
        precondition(first >= 0 && first + count <= columns)
        let place = offset + first * (isTransposed ? stride : 1)
        return Matrix(storage, place, rows, count, stride, isTransposed: isTransposed)
    }

    /// The diagonal of a square one, as a column.
    public var diagonal: Matrix {
        precondition(rows == columns, "a diagonal of [\(rows), \(columns)]")
        return Matrix(storage, offset, rows, 1, stride + 1, isTransposed: false)
    }

    public func fill(_ value: Float) { withPointer { ck_fill(value, $0) } }

    /// sums[j] += Σ over rows of self[i, j]
    public func addColumnSums(to sums: Tensor) {
        precondition(!isTransposed && sums.count == columns, "\(sums.count) sums of \(columns) columns")
        withPointers(self, sums) { ck_add_column_sums($0, $1) }
    }

    /// self += value, elementwise.
    public func add(_ value: Float) { withPointer { ck_add_value(value, $0) } }
}

/// target = source, of matrices of one shape.
public func copyRows(_ source: Matrix, into target: Matrix) {
    precondition(
        source.rows == target.rows && source.columns == target.columns,
        "[\(source.rows), \(source.columns)] into [\(target.rows), \(target.columns)]")
    withPointers(source, target) {
        if source.isTransposed == target.isTransposed { ck_copy_rows($0, $1) } else { ck_transpose($0, $1) }
    }
}

/// c = scale · a b, or c += scale · a b where `accumulate`; a is [m, k], b is [k, n], c is [m, n] and not transposed.
public func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, scale: Float = 1, accumulate: Bool = false) {
    precondition(
        a.columns == b.rows && c.rows == a.rows && c.columns == b.columns && !c.isTransposed,
        "[\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)] into [\(c.rows), \(c.columns)]")
    OpenBLAS.isReady
    withPointers(a, b, c) {
        cblas_sgemm(
            CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
            blasint(c.rows), blasint(c.columns), blasint(a.columns), scale, $0.data, blasint(a.stride), $1.data,
            blasint(b.stride), accumulate ? 1 : 0, $2.data, blasint(c.stride))
    }
}
