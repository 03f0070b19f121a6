import Autograd
import Tensors

/// The queries of a selection of rows, which alone are asked.
struct SoftmaxQueries {
    let rows: RowSelection
    /// [kept, width]
    let values: Tensor

    init(_ rows: RowSelection, of projections: Tensor, _ shape: HeadShape, _ pool: StoragePool) {
        self.rows = rows
        values = pool.tensor(rows.rows.count, shape.width)
        let all = projections.matrix.columns(0, shape.width)
        for (index, row) in rows.rows.enumerated() {
            copyRows(all.rows(Int(row), 1), into: values.matrix.rows(index, 1))
        }
    }

    /// Writes `gradients` of the queries, [kept, width], and zeros of those that nobody asked, into that of all projections.
    func write(_ gradients: Tensor, into dProjections: Tensor) {
        let all = dProjections.matrix.columns(0, values.columns)
        all.fill(0)
        for (index, row) in rows.rows.enumerated() {
            copyRows(gradients.matrix.rows(index, 1), into: all.rows(Int(row), 1))
        }
    }
}
