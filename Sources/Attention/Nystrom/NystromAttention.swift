import Autograd
import Tensors

/// Y = softmax(Q K̃ᵀ) pinv(softmax(Q̃ K̃ᵀ)) softmax(Q̃ Kᵀ) V, all products over √d, with landmarks Q̃, K̃ the means of p nearly
/// equal segments (Nyströmformer: Xiong et al. 2021, section 3). Linear in length.
///
/// Sequences of any length: of fewer than p tokens every token is a landmark.
struct NystromAttention: SelfAttention {
    let shape: HeadShape
    let landmarks: Int

    var scale: Float { 1 / Float(shape.headWidth).squareRoot() }

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        if projections.tape.machine != nil {
            return projections.attend(
                DeviceAttention(
                    heads: shape.heads, headWidth: shape.headWidth, .nystrom(scale: scale, landmarks: landmarks)),
                layout)
        }
        let pool = projections.tape.pool
        let output = pool.tensor(projections.rows, shape.width)
        shape.eachHead(layout, projections.tape.products) { _, rows, head, products in
            let parts = NystromParts(self, shape.slices(projections.value, rows, head: head), products.pool)
            multiply(parts.left.matrix, parts.mixed.matrix, into: shape.slice(output, rows, head: head))
        }
        return projections.tape.record(
            output, NystromGradient(attention: self, layout: layout, projections: projections, output: output))
    }
}

/// What forward makes of one sequence and head, made again in backward.
struct NystromParts {
    let segments: Segments
    let query: Tensor
    let key: Tensor
    /// softmax(Q K̃ᵀ) [n, p], softmax(Q̃ K̃ᵀ) [p, p], softmax(Q̃ Kᵀ) [p, n]
    let left: Tensor
    let middle: Tensor
    let right: Tensor
    let inverse: PseudoInverse
    /// softmax(Q̃ Kᵀ) V and pinv of it, [p, d].
    let summed: Tensor
    let mixed: Tensor

    init(_ attention: NystromAttention, _ slices: HeadSlices, _ pool: StoragePool) {
        segments = Segments(slices.query.rows, attention.landmarks)
        query = segments.means(of: slices.query, pool)
        key = segments.means(of: slices.key, pool)
        left = softmaxProducts(slices.query, key.matrix, attention.scale, pool)
        middle = softmaxProducts(query.matrix, key.matrix, attention.scale, pool)
        right = softmaxProducts(query.matrix, slices.key, attention.scale, pool)
        inverse = PseudoInverse(middle, pool)
        summed = pool.tensor(segments.count, slices.value.columns)
        mixed = pool.tensor(segments.count, slices.value.columns)
        multiply(right.matrix, slices.value, into: summed.matrix)
        multiply(inverse.value.matrix, summed.matrix, into: mixed.matrix)
    }
}
