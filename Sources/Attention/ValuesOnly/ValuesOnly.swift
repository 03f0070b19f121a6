import Autograd
import Tensors

/// Y = V: no token sees another. The floor under every attention.
struct ValuesOnly: SelfAttention {
    let shape: HeadShape

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        let output = projections.tape.pool.tensor(projections.rows, shape.width)
        let values = projections.value.matrix.columns(2 * shape.width, shape.width)
        copyRows(values, into: output.matrix)
        return projections.tape.record(output, ValuesOnlyGradient(shape: shape, projections: projections))
    }
}

/// dV = dY
private struct ValuesOnlyGradient: AttentionGradient {
    let shape: HeadShape
    let projections: Variable

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let dProjections = gradients.pool.zeros(projections.rows, projections.columns)
        copyRows(dOutput.matrix, into: dProjections.matrix.columns(2 * shape.width, shape.width))
        gradients.add(dProjections, to: projections)
    }
}
