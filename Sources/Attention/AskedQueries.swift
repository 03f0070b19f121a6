import Autograd
import Tensors

/// The queries of a selection of rows, where not all are asked.
struct AskedQueries {
    let selection: RowSelection
    /// Where each stands in its sequence.
    let places: [Int32]
    /// [kept, width]
    let values: Tensor

    /// - Parameters:
    ///   - layout: of all rows.
    ///   - source: rows that begin with the queries' `width` columns.
    init(_ selection: RowSelection, _ layout: BatchLayout, of source: Tensor, width: Int, _ pool: StoragePool) {
        self.selection = selection
        places = (0..<layout.count).flatMap { sequence in
            selection.rows[selection.layout.rows(sequence)].map { $0 - Int32(layout.offsets[sequence]) }
        }
        values = pool.tensor(selection.rows.count, width)
        let all = source.matrix.columns(0, width)
        for (index, row) in selection.rows.enumerated() {
            copyRows(all.rows(Int(row), 1), into: values.matrix.rows(index, 1))
        }
    }

    /// Their gradient, to be written.
    func gradient(_ pool: StoragePool) -> Tensor { pool.tensor(values.rows, values.columns) }

    /// Writes `gradient` into that of all rows, with zeros for those that nobody asked.
    func write(_ gradient: Tensor, into target: Tensor) {
        let all = target.matrix.columns(0, values.columns)
        all.fill(0)
        for (index, row) in selection.rows.enumerated() {
            copyRows(gradient.matrix.rows(index, 1), into: all.rows(Int(row), 1))
        }
    }
}
