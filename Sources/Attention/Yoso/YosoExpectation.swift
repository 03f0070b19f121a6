import Autograd
import CKernels
import Tensors

/// YOSO-E: Y_i = S_i / |S_i|, S = E V, E_ij = (1 - arccos(q̂_i · k̂_j) / π)^τ, with q̂, k̂ the l2-normalised rows: the
/// expectation of Bernoulli sampling by τ-bit hyperplane hashes (Zeng et al., ICML 2021, sections 3.1 and 3.3).
///
/// There is no 1/√d, no row sum and no dropout of weights; τ is the temperature. Like softmax it works tile by tile.
struct YosoExpectation: SelfAttention {
    let shape: HeadShape
    /// Of a sequence's length: τ may depend on it.
    let options: @Sendable (_ length: Int) -> YosoExpectationOptions

    /// Norms below this count as zero: such a row gets and gives no gradient.
    static let epsilon: Float = 1e-12

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        let tape = projections.tape
        let units = UnitRows(projections.value, columns: 2 * shape.width, shape.headWidth, tape.pool)
        let sums = tape.pool.tensor(projections.rows, shape.width)
        let products = tape.products
        QueryTile.each(of: layout, heads: shape.heads) { sequence, head in
            let slices = slices(units.rows, projections.value, sequence, head: head)
            return (
                query: slices.query, key: products.right(slices.key.transposed), value: products.right(slices.value)
            )
        } body: { tile, factors in
            let weights = tape.pool.tensor(tile.count, tile.keys)
            multiply(products.left(tile.queries(factors.query)), factors.key, into: weights.matrix)
            ck_yoso_expectation(Int64(weights.count), Int32(options(tile.keys).bits), weights.pointer)
            let target = shape.slice(sums, tile.sequence, head: tile.head)
            multiply(products.left(weights.matrix), factors.value, into: tile.queries(target))
        }
        let output = UnitRows(sums, columns: shape.width, shape.headWidth, tape.pool)
        return tape.record(
            output.rows,
            YosoExpectationGradient(
                attention: self, layout: layout, projections: projections, units: units, output: output))
    }

    /// Unit queries and keys of a sequence and head, and values as they are.
    func slices(_ units: Tensor, _ projections: Tensor, _ sequence: Range<Int>, head: Int) -> HeadSlices {
        let part = units.matrix.rows(sequence.lowerBound, sequence.count)
        let column = head * shape.headWidth
        return HeadSlices(
            query: part.columns(column, shape.headWidth), key: part.columns(shape.width + column, shape.headWidth),
            value: shape.slices(projections, sequence, head: head).value)
    }
}
