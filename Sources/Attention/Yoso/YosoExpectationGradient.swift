import Autograd
import CKernels
import Tensors

/// With G the gradient of S through the output norm and w_ij = (G_i · V_j) dE/dx: dV = Eᵀ G, dq̂ = w k̂, dk̂ = wᵀ q̂,
/// then through the norms of q and k (Zeng et al. 2021, section 3.2; DESIGN.md for the two forms of dE/dx).
struct YosoExpectationGradient: AttentionGradient {
    let attention: YosoExpectation
    let layout: BatchLayout
    let projections: Variable
    let units: UnitRows
    let output: UnitRows

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let (shape, pool, products) = (attention.shape, gradients.pool, projections.tape.products)
        let dSums = pool.tensor(dOutput.rows, dOutput.columns)
        output.writeGradient(dOutput, into: dSums)
        let dUnits = pool.tensor(units.rows.rows, units.rows.columns)
        let dProjections = pool.tensor(projections.rows, projections.columns)
        QueryTile.each(of: layout, heads: shape.heads) { sequence, head in
            AttentionFactors(attention.slices(units.rows, projections.value, sequence, head: head), products)
        } body: { tile, factors in
            let dSlices = attention.slices(dUnits, dProjections, tile.sequence, head: tile.head)
            let query = tile.queries(factors.query)
            let dTile = tile.queries(shape.slice(dSums, tile.sequence, head: tile.head))

            let weights = pool.tensor(tile.count, tile.keys)
            let dDots = pool.tensor(tile.count, tile.keys)
            multiply(products.left(query), factors.keyTransposed, into: weights.matrix)
            multiply(products.left(dTile), factors.valueTransposed, into: dDots.matrix)
            let options = attention.options(tile.keys)
            ck_yoso_expectation_gradient(
                Int64(weights.count), Int32(options.bits), options.gradient == .exact ? 1 : 0, weights.pointer,
                dDots.pointer)
            multiply(
                products.left(weights.matrix.transposed), products.right(dTile), into: dSlices.value,
                accumulate: tile.accumulates)
            multiply(products.left(dDots.matrix), factors.key, into: tile.queries(dSlices.query))
            multiply(
                products.left(dDots.matrix.transposed), products.right(query), into: dSlices.key,
                accumulate: tile.accumulates)
        }
        units.writeGradient(dUnits, into: dProjections)
        gradients.add(dProjections, to: projections)
    }
}
