import Autograd
import CKernels
import Tensors

/// Y = softmax(Q (E K)ᵀ / √d) (E V), with a learned E [rank, length] a head for keys and values alike, of which a shorter
/// sequence takes the first columns (Wang et al. 2020, sections 4 and 4.1). Linear in length, which it cannot exceed.
struct LinformerAttention: SelfAttention {
    let shape: HeadShape
    let rank: Int
    let length: Int
    /// [heads, rank, length]
    let mixing: Parameter

    init(shape: HeadShape, rank: Int, length: Int, _ scope: ParameterScope) {
        (self.shape, self.rank, self.length) = (shape, rank, length)
        mixing = scope["linformer"].weight(
            "weight", shape: [shape.heads, rank, length], deviation: 1 / Float(rank).squareRoot())
    }

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        let tape = projections.tape
        let output = tape.pool.tensor(projections.rows, shape.width)
        let pass = LinformerPass(attention: self, layout: layout, mixing: tape[mixing])
        shape.eachHead(layout, tape.products) { _, rows, head, products in
            let part = pass.part(projections.value, rows, head, products.pool)
            multiply(part.weights.matrix, part.values.matrix, into: shape.slice(output, part.rows, head: part.head))
        }
        return tape.record(output, LinformerGradient(pass: pass, projections: projections, output: output))
    }
}

private struct LinformerPass {
    let attention: LinformerAttention
    let layout: BatchLayout
    let mixing: Tensor

    var scale: Float { 1 / Float(attention.shape.headWidth).squareRoot() }

    /// One sequence and head: made alike in forward and backward.
    struct Part {
        let rows: Range<Int>
        let head: Int
        let slices: HeadSlices
        /// The head's E as far as the sequence goes.
        let mixing: Matrix
        /// E K and E V, [rank, d].
        let keys: Tensor
        let values: Tensor
        /// [n, rank]
        let weights: Tensor
    }

    func mixing(of tensor: Tensor, head: Int, length: Int) -> Matrix {
        let (rank, columns) = (attention.rank, attention.length)
        return tensor.view(at: head * rank * columns, rows: rank, columns: columns).matrix.columns(0, length)
    }

    func part(_ projections: Tensor, _ rows: Range<Int>, _ head: Int, _ pool: StoragePool) -> Part {
        let shape = attention.shape
        precondition(rows.count <= attention.length, "\(rows.count) tokens, but linformer mixes \(attention.length)")
        let slices = shape.slices(projections, rows, head: head)
        let mixing = mixing(of: mixing, head: head, length: rows.count)
        let keys = pool.tensor(attention.rank, shape.headWidth)
        let values = pool.tensor(attention.rank, shape.headWidth)
        multiply(mixing, slices.key, into: keys.matrix)
        multiply(mixing, slices.value, into: values.matrix)
        let weights = softmaxProducts(slices.query, keys.matrix, scale, pool)
        return Part(
            rows: rows, head: head, slices: slices, mixing: mixing, keys: keys, values: values, weights: weights)
    }
}

/// With P the weights and δ the rows of Σ dY ∘ Y: dS = P ∘ (dY (E V)ᵀ - δ) / √d, dQ = dS E K, and with
/// dK' = dSᵀ Q, dV' = Pᵀ dY: dK = Eᵀ dK', dV = Eᵀ dV', dE = dK' Kᵀ + dV' Vᵀ.
private struct LinformerGradient: AttentionGradient {
    let pass: LinformerPass
    let projections: Variable
    let output: Tensor

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let (shape, rank) = (pass.attention.shape, pass.attention.rank)
        let dProjections = gradients.pool.tensor(projections.rows, projections.columns)
        let dMixing = gradients.pool.zeros(pass.attention.mixing.rows, pass.attention.mixing.columns)
        shape.eachHeadInOrder(pass.layout, gradients.products) { _, rows, head, products in
            let pool = products.pool
            let part = pass.part(projections.value, rows, head, pool)
            let dSlices = shape.slices(dProjections, part.rows, head: part.head)
            let dHead = shape.slice(dOutput, part.rows, head: part.head)
            let dScores = softmaxGradient(
                part.weights, dHead, shape.slice(output, part.rows, head: part.head), part.values.matrix, pass.scale,
                pool)
            let (dKeys, dValues) = (pool.tensor(rank, shape.headWidth), pool.tensor(rank, shape.headWidth))
            multiply(dScores.matrix, part.keys.matrix, into: dSlices.query)
            multiply(dScores.matrix.transposed, part.slices.query, into: dKeys.matrix)
            multiply(part.weights.matrix.transposed, dHead, into: dValues.matrix)
            multiply(part.mixing.transposed, dKeys.matrix, into: dSlices.key)
            multiply(part.mixing.transposed, dValues.matrix, into: dSlices.value)
            let target = pass.mixing(of: dMixing, head: part.head, length: part.rows.count)
            multiply(dKeys.matrix, part.slices.key.transposed, into: target, accumulate: true)
            multiply(dValues.matrix, part.slices.value.transposed, into: target, accumulate: true)
        }
        gradients.add(to: pass.attention.mixing) { $0.add(dMixing) }
        gradients.add(dProjections, to: projections)
    }
}
