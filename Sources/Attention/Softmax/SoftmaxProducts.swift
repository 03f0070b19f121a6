import CKernels
import Tensors

/// softmax(scale · a bᵀ), row by row.
func softmaxProducts(_ a: Matrix, _ b: Matrix, _ scale: Float, _ pool: StoragePool) -> Tensor {
    let weights = pool.tensor(a.rows, b.rows)
    multiply(a, b.transposed, into: weights.matrix)
    softmaxRows(weights, scale, pool)
    return weights
}

/// s = softmax(scale · s), row by row.
func softmaxRows(_ s: Tensor, _ scale: Float, _ pool: StoragePool) {
    let logSums = pool.tensor(1, s.rows)
    withPointers(s, logSums) { ck_softmax(Int64(s.rows), Int64(s.columns), scale, $0, $1) }
}

/// dp = scale · p ∘ (dp - δ), row by row: the gradient of s in p = softmax(scale · s) from that of p.
func softmaxRowsGradient(_ p: Tensor, _ scale: Float, _ delta: Tensor, _ dp: Tensor) {
    withPointers(p, delta, dp) { ck_softmax_gradient(Int64(p.rows), Int64(p.columns), scale, $0, $1, $2) }
}

/// The gradient of a b in softmax(scale · a b) v from that of y = P v: scale P ∘ (dY vᵀ - δ), δ the rows of Σ dY ∘ Y.
func softmaxGradient(
    _ weights: Tensor, _ dOutput: Matrix, _ output: Matrix, _ values: Matrix, _ scale: Float, _ pool: StoragePool
) -> Tensor {
    let dWeights = pool.tensor(weights.rows, weights.columns)
    multiply(dOutput, values.transposed, into: dWeights.matrix)
    let delta = rowProducts(dOutput, output, pool)
    softmaxRowsGradient(weights, scale, delta, dWeights)
    return dWeights
}

/// Σ over columns of a ∘ b, row by row.
func rowProducts(_ a: Matrix, _ b: Matrix, _ pool: StoragePool) -> Tensor {
    let products = pool.tensor(1, a.rows)
    withPointers(a, b, products) { ck_row_products($0, $1, $2) }
    return products
}
