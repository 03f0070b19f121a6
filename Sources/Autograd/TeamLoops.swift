import CKernels
import Tensors

/// Loops over whole tensors, spread over a team.
extension Team {
    /// sum += x, elementwise
    func add(_ x: Tensor, to sum: Tensor) {
        cut(sum.rows, weighing: sum.columns) { sum.rows($0).add(x.rows($0)) }
    }

    /// A copy of `x`.
    func copy(_ x: Tensor, from pool: StoragePool) -> Tensor {
        let copy = pool.tensor(x.rows, x.columns)
        cut(x.rows, weighing: x.columns) { copyRows(x.rows($0).matrix, into: copy.rows($0).matrix) }
        return copy
    }

    /// sums[j] += Σ over rows of x[i, j]
    func addColumnSums(of x: Tensor, to sums: Tensor) {
        cutColumns(of: x) { x.matrix.columns($0.lowerBound, $0.count).addColumnSums(to: sums.row(0, $0)) }
    }

    /// table[ids[i]] += d[i], in the order of i
    func scatter(_ d: Tensor, _ ids: [Int32], to table: Tensor) {
        cutColumns(of: d) { columns in
            let (first, count) = (columns.lowerBound, columns.count)
            withPointers(d.matrix.columns(first, count), table.matrix.columns(first, count)) {
                ck_scatter_add(ids, $0, $1)
            }
        }
    }

    /// Where every row adds to the same sums: ranges of columns, of whole cache lines.
    func cutColumns(of x: Tensor, _ body: (Range<Int>) -> Void) {
        cut(x.columns, weighing: x.rows, at: 16, body)
    }
}
