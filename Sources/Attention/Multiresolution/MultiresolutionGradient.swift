import Autograd
import Tensors

/// With N' = [N, D] the sums, Y = N / D: dN' = [dY, -dY · Y] / D. Exact pairs: dS = P ∘ (dN' V'ᵀ), dV' = Pᵀ dN'. Coarse blocks,
/// whose sums enter block x's queries with a factor f: dR_x = Σ_i f_i dN'_i, dE = dR V̄'ᵀ, dμ = E ∘ dE, dV̄' = Eᵀ dR.
struct MultiresolutionGradient: AttentionGradient {
    let attention: MultiresolutionAttention
    let layout: BatchLayout
    let projections: Variable
    let output: Tensor
    let denominators: Tensor

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let shape = attention.shape
        let dProjections = gradients.pool.zeros(projections.rows, projections.columns)
        shape.eachHead(layout, gradients.products) { _, rows, head, products in
            let pool = products.pool
            let slices = shape.slices(projections.value, rows, head: head)
            let dSlices = shape.slices(dProjections, rows, head: head)
            let parts = MultiresolutionParts(attention, slices, pool)
            let (dHead, outputs) = (
                shape.slice(dOutput, rows, head: head), shape.slice(output, rows, head: head)
            )
            let dValue = pool.zeros(rows.count, shape.headWidth + 1)
            let dCoarseSums = pool.zeros(parts.segments.count, shape.headWidth + 1)
            parts.eachBlock { block in
                let (first, count) = (block.rows.lowerBound, block.rows.count)
                let place = rows.lowerBound + first
                let dSums = quotientsGradient(
                    dHead.rows(first, count), of: outputs.rows(first, count),
                    denominators.row(head, place..<place + count), pool)
                multiply(block.coarseFactors.matrix, dSums.matrix, into: dCoarseSums.matrix.rows(block.index, 1))
                exact(parts, block, dSums, dValue, dSlices, pool)
            }
            coarse(parts, dCoarseSums, dValue, dSlices, pool)
            copyRows(dValue.matrix.columns(0, shape.headWidth), into: dSlices.value)
        }
        gradients.add(dProjections, to: projections)
    }

    private func exact(
        _ parts: MultiresolutionParts, _ block: MultiresolutionParts.Block, _ dSums: Tensor, _ dValue: Tensor,
        _ dSlices: HeadSlices, _ pool: StoragePool
    ) {
        let dScores = pool.tensor(block.weights.rows, block.weights.columns)
        parts.eachKeys(block.keys) { column, keys in
            let (first, count) = (keys.lowerBound, keys.count)
            multiply(
                dSums.matrix, parts.value.matrix.rows(first, count).transposed,
                into: dScores.matrix.columns(column, count))
            multiply(
                block.weights.matrix.columns(column, count).transposed, dSums.matrix,
                into: dValue.matrix.rows(first, count), accumulate: true)
        }
        dScores.multiply(by: block.weights)
        let (first, count) = (block.rows.lowerBound, block.rows.count)
        let (query, dQuery) = (parts.slices.query.rows(first, count), dSlices.query.rows(first, count))
        parts.eachKeys(block.keys) { column, keys in
            let part = dScores.matrix.columns(column, keys.count)
            let (key, dKey) = (
                parts.slices.key.rows(keys.lowerBound, keys.count), dSlices.key.rows(keys.lowerBound, keys.count)
            )
            multiply(part, key, into: dQuery, scale: attention.scale, accumulate: true)
            multiply(part.transposed, query, into: dKey, scale: attention.scale, accumulate: true)
        }
    }

    private func coarse(
        _ parts: MultiresolutionParts, _ dCoarseSums: Tensor, _ dValue: Tensor, _ dSlices: HeadSlices,
        _ pool: StoragePool
    ) {
        let (blocks, width) = (parts.segments.count, dSlices.query.columns)
        let dLogits = pool.tensor(blocks, blocks)
        multiply(dCoarseSums.matrix, parts.blockValue.matrix.transposed, into: dLogits.matrix)
        dLogits.multiply(by: parts.coarse)
        let dBlockValue = pool.tensor(blocks, width + 1)
        multiply(parts.coarse.matrix.transposed, dCoarseSums.matrix, into: dBlockValue.matrix)
        parts.segments.addSumGradient(dBlockValue, to: dValue.matrix)
        let (dQuery, dKey) = (pool.tensor(blocks, width), pool.tensor(blocks, width))
        multiply(dLogits.matrix, parts.key.matrix, into: dQuery.matrix, scale: attention.scale)
        multiply(dLogits.matrix.transposed, parts.query.matrix, into: dKey.matrix, scale: attention.scale)
        parts.segments.addMeanGradient(dQuery, to: dSlices.query)
        parts.segments.addMeanGradient(dKey, to: dSlices.key)
    }
}
