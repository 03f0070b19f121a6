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
    ck_softmax(Int64(s.rows), Int64(s.columns), scale, s.pointer, logSums.pointer)
}

/// The gradient of a b in softmax(scale · a b) v from that of y = P v: scale P ∘ (dY vᵀ - δ), δ the rows of Σ dY ∘ Y.
func softmaxGradient(
    _ weights: Tensor, _ dOutput: Matrix, _ output: Matrix, _ values: Matrix, _ scale: Float, _ pool: StoragePool
) -> Tensor {
    let dWeights = pool.tensor(weights.rows, weights.columns)
    multiply(dOutput, values.transposed, into: dWeights.matrix)
    let delta = rowProducts(dOutput, output, pool)
    ck_softmax_gradient(
        Int64(weights.rows), Int64(weights.columns), scale, weights.pointer, delta.pointer, dWeights.pointer)
    return dWeights
}

/// Σ over columns of a ∘ b, row by row.
func rowProducts(_ a: Matrix, _ b: Matrix, _ pool: StoragePool) -> Tensor {
    let products = pool.tensor(1, a.rows)
    for row in 0..<a.rows {
        products.pointer[row] = ck_dot(Int64(a.columns), a.pointer + row * a.stride, b.pointer + row * b.stride)
    }
    return products
}
