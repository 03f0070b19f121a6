import Autograd
import CKernels
import Tensors

/// With P the weights, P' = dropout(P), dP = dropout(dY Vᵀ) and δ = rows of Σ dY ∘ Y:
/// dS = P ∘ (dP - δ) / √d, dQ = dS K, dK = dSᵀ Q, dV = P'ᵀ dY.
struct SoftmaxGradient: AttentionGradient {
    let pass: SoftmaxPass
    let projections: Variable
    let output: Tensor

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let dProjections = gradients.pool.tensor(projections.rows, projections.columns)
        let dQueries = pass.queries?.gradient(gradients.pool)
        pass.eachTile(gradients.products) { sequence, head, products in
            pass.writeGradients(
                projections.value, output, dOutput, into: dProjections, dQueries: dQueries, sequence, head, products)
        } prepare: { sequence, head, products in
            AttentionFactors(pass.slices(projections.value, sequence, head), products)
        } body: { tile, factors, products in
            let pool = products.pool
            let dSlices = pass.slices(dProjections, kept: dQueries, tile.index, tile.head)
            let query = tile.rows(factors.query)
            let dTile = pass.slice(dOutput, tile)

            let weights = pool.tensor(tile.count, tile.keys)
            multiply(products.left(query), factors.keyTransposed, into: weights.matrix)
            withPointers(pass.logSum(tile), weights) {
                ck_softmax_again(Int64(tile.count), Int64(tile.keys), pass.scales[tile.head], $0, $1)
            }
            let dropped = pass.mask == nil ? weights : pool.copy(weights)
            pass.drop(dropped, tile)
            multiply(
                products.left(dropped.matrix.transposed), products.right(dTile), into: dSlices.value,
                accumulate: tile.accumulates)

            let dWeights = pool.tensor(tile.count, tile.keys)
            multiply(products.left(dTile), factors.valueTransposed, into: dWeights.matrix)
            pass.drop(dWeights, tile)
            let delta = rowProducts(dTile, pass.slice(output, tile), pool)
            softmaxRowsGradient(weights, pass.scales[tile.head], delta, dWeights)
            multiply(products.left(dWeights.matrix), factors.key, into: tile.rows(dSlices.query))
            multiply(
                products.left(dWeights.matrix.transposed), products.right(query), into: dSlices.key,
                accumulate: tile.accumulates)
        }
        finish(dProjections, dQueries, gradients)
    }

    private func finish(_ dProjections: Tensor, _ dQueries: Tensor?, _ gradients: Gradients) {
        if let dQueries { pass.queries?.write(dQueries, into: dProjections) }
        if let temperature = pass.attention.temperature { addTemperature(dProjections, to: temperature, gradients) }
        gradients.add(dProjections, to: projections)
    }

    /// dθ = Σ q · dq, since scores are proportional to both e^θ and q.
    private func addTemperature(_ dProjections: Tensor, to temperature: Parameter, _ gradients: Gradients) {
        let shape = pass.shape
        let products = (0..<shape.heads).map { head in
            let columns = head * shape.headWidth
            let rows = rowProducts(
                projections.value.matrix.columns(columns, shape.headWidth),
                dProjections.matrix.columns(columns, shape.headWidth), gradients.pool)
            return rows.values.reduce(0, +)
        }
        gradients.add(to: temperature) { $0.add(gradients.pool.tensor(1, shape.heads, products)) }
    }
}
