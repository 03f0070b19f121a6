import Tensors

/// What flows to the rows of a tied table that were looked up, apart from what its head adds.
///
/// The head adds to the gradient first in a pass and the lookup last: in one sum the next pass's head would wait for all of
/// this pass.
final class TiedLookups {
    let table: Parameter
    private let sum: Tensor
    private var isTouched: [Bool]
    private var touched: [Int] = []

    init(_ table: Parameter, from pool: StoragePool) {
        self.table = table
        sum = pool.zeros(table.rows, table.columns)
        isTouched = Array(repeating: false, count: table.rows)
    }

    /// The sum, of which these rows are to be added to.
    func rows(_ ids: [Int32]) -> Tensor {
        for row in ids.map(Int.init) where !isTouched[row] {
            isTouched[row] = true
            touched.append(row)
        }
        return sum
    }

    /// Adds the sum to `block`, the gradients of all parameters, and clears it.
    func finish(into block: Tensor, each: EachIndex) {
        let gradient = block.view(of: table)
        each(touched.count) { index in
            let row = touched[index]..<touched[index] + 1
            gradient.rows(row).add(sum.rows(row))
            sum.rows(row).fill(0)
        }
        for row in touched { isTouched[row] = false }
        touched.removeAll(keepingCapacity: true)
    }
}
