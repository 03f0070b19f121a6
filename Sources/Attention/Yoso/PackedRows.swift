import CKernels
import Tensors

/// The rows of one sequence and head side by side, padded by zeros to a multiple of 16 columns.
struct PackedRows {
    let tensor: Tensor
    private let columns: Int

    /// Rows as of `matrix`; only the padding is written.
    init(like matrix: Matrix, _ pool: StoragePool) {
        columns = matrix.columns
        tensor = pool.tensor(matrix.rows, (columns + 15) / 16 * 16)
        if tensor.columns > columns { tensor.fill(0) }
    }

    /// A copy of `matrix`.
    init(_ matrix: Matrix, _ pool: StoragePool) {
        self.init(like: matrix, pool)
        copyRows(matrix, into: self.matrix)
    }

    /// The rows as bf16 numbers, for kernels that gather them; nil where `products` are of float32, or 32 does not divide the columns.
    func narrowed(for products: Products) -> Tensor? {
        guard products.precision == .bf16, tensor.columns % 32 == 0 else { return nil }
        let narrow = products.pool.tensor(tensor.rows, tensor.columns / 2)
        withPointers(tensor, narrow) { ck_narrow_rows(Int64(tensor.count), $0, $1) }
        return narrow
    }

    /// The rows without their padding.
    var matrix: Matrix { tensor.matrix.columns(0, columns) }
}

/// Rows of length 1, and the lengths that they had.
struct UnitMatrix {
    let rows: PackedRows
    private let norms: Tensor

    init(_ source: Matrix, _ pool: StoragePool) {
        rows = PackedRows(like: source, pool)
        norms = pool.tensor(1, source.rows)
        normalize(source, into: rows.matrix, norms)
    }

    /// dx from the gradient of the unit rows.
    func writeGradient(_ d: Matrix, into dx: Matrix) { normalizeGradient(rows.matrix, norms, d, into: dx) }
}

/// y = x / |x| row by row, with the norms; y may be x.
func normalize(_ x: Matrix, into y: Matrix, _ norms: Tensor) {
    precondition(x.rows == y.rows && x.columns == y.columns && norms.count == x.rows)
    withPointers(x, y, norms) { ck_l2_normalize(YosoExpectation.epsilon, $0, $1, $2) }
}

/// dx = (d - (d · y) y) / |x| row by row.
func normalizeGradient(_ y: Matrix, _ norms: Tensor, _ d: Matrix, into dx: Matrix) {
    precondition(d.rows == y.rows && d.columns == y.columns && norms.count == y.rows)
    withPointers(y, norms, d, dx) { ck_l2_normalize_gradient(YosoExpectation.epsilon, $0, $1, $2, $3) }
}
