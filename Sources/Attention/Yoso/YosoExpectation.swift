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
        QueryTile.each(of: layout, heads: shape.heads) { tile in
            let slices = slices(units.rows, projections.value, tile)
            let weights = tape.pool.tensor(tile.count, tile.keys)
            multiply(tile.queries(slices.query), slices.key.transposed, into: weights.matrix)
            ck_yoso_expectation(Int64(weights.count), Int32(options(tile.keys).bits), weights.pointer)
            let target = shape.slice(sums, tile.sequence, head: tile.head)
            multiply(weights.matrix, slices.value, into: tile.queries(target))
        }
        let output = UnitRows(sums, columns: shape.width, shape.headWidth, tape.pool)
        return tape.record(
            output.rows,
            YosoExpectationGradient(
                attention: self, layout: layout, projections: projections, units: units, output: output))
    }

    /// Unit queries and keys of the tile's sequence and head, and values as they are.
    func slices(_ units: Tensor, _ projections: Tensor, _ tile: QueryTile) -> HeadSlices {
        let part = units.matrix.rows(tile.sequence.lowerBound, tile.keys)
        let column = tile.head * shape.headWidth
        return HeadSlices(
            query: part.columns(column, shape.headWidth), key: part.columns(shape.width + column, shape.headWidth),
            value: shape.slices(projections, tile.sequence, head: tile.head).value)
    }
}
