import Autograd
import Tensors

/// With F, A, B the three softmaxes, Z = pinv(A), W = B V, U = Z W and Y = F U: dU = Fᵀ dY, dZ = dU Wᵀ, dW = Zᵀ dU,
/// dV = Bᵀ dW, and the gradients of F, A and B through their softmaxes to queries, keys and landmarks.
struct NystromGradient: AttentionGradient {
    let attention: NystromAttention
    let layout: BatchLayout
    let projections: Variable
    let output: Tensor

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let (shape, scale) = (attention.shape, attention.scale)
        let dProjections = gradients.pool.tensor(projections.rows, projections.columns)
        shape.eachHead(layout, gradients.products) { _, rows, head, products in
            let pool = products.pool
            let slices = shape.slices(projections.value, rows, head: head)
            let dSlices = shape.slices(dProjections, rows, head: head)
            let parts = NystromParts(attention, slices, pool)
            let dHead = shape.slice(dOutput, rows, head: head)
            let (p, d) = (parts.segments.count, shape.headWidth)
            let (dMixed, dInverse, dSummed) = (pool.tensor(p, d), pool.tensor(p, p), pool.tensor(p, d))
            multiply(parts.left.matrix.transposed, dHead, into: dMixed.matrix)
            multiply(dMixed.matrix, parts.summed.matrix.transposed, into: dInverse.matrix)
            multiply(parts.inverse.value.matrix.transposed, dMixed.matrix, into: dSummed.matrix)
            multiply(parts.right.matrix.transposed, dSummed.matrix, into: dSlices.value)

            let dLeft = softmaxGradient(
                parts.left, dHead, shape.slice(output, rows, head: head), parts.mixed.matrix, scale, pool)
            let dRight = softmaxGradient(
                parts.right, dSummed.matrix, parts.summed.matrix, slices.value, scale, pool)
            let dMiddle = parts.inverse.gradient(dInverse, pool)
            let delta = rowProducts(dMiddle.matrix, parts.middle.matrix, pool)
            softmaxRowsGradient(parts.middle, scale, delta, dMiddle)

            let (dQuery, dKey) = (pool.tensor(p, d), pool.tensor(p, d))
            multiply(dLeft.matrix, parts.key.matrix, into: dSlices.query)
            multiply(dLeft.matrix.transposed, slices.query, into: dKey.matrix)
            multiply(dMiddle.matrix, parts.key.matrix, into: dQuery.matrix)
            multiply(dMiddle.matrix.transposed, parts.query.matrix, into: dKey.matrix, accumulate: true)
            multiply(dRight.matrix, slices.key, into: dQuery.matrix, accumulate: true)
            multiply(dRight.matrix.transposed, parts.query.matrix, into: dSlices.key)
            parts.segments.addMeanGradient(dQuery, to: dSlices.query)
            parts.segments.addMeanGradient(dKey, to: dSlices.key)
        }
        gradients.add(dProjections, to: projections)
    }
}
