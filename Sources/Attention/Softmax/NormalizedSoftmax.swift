import Autograd
import Tensors

/// Y = dropout(softmax(16 e^θ Q̂ K̂ᵀ)) V, head by head, of queries and keys of length 1 and a learned θ a head that begins
/// at zero (query-key normalization: Henry et al. 2020; as a learned temperature: Dehghani et al. 2023, section 2).
///
/// What softmax gains by unit queries and keys alone, beside which attentions that need them are to be judged.
struct NormalizedSoftmax: SelfAttention {
    let shape: HeadShape
    private let softmax: SoftmaxAttention

    init(shape: HeadShape, dropout: Float, _ scope: ParameterScope) {
        self.shape = shape
        softmax = SoftmaxAttention(
            shape: shape, dropout: dropout, temperature: scope.vector("temperature", shape.heads))
    }

    /// The factor of the cosines at θ = 0.
    static let firstTemperature: Float = 16

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        softmax(unit(projections), layout)
    }

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout, keeping kept: RowSelection) -> Variable {
        softmax(unit(projections), layout, keeping: kept)
    }

    /// A GPU's kernels take them as they are.
    private func unit(_ projections: Variable) -> Variable {
        projections.tape.machine == nil ? unitQueriesAndKeys(projections) : projections
    }

    /// q̂ | k̂ | v
    private func unitQueriesAndKeys(_ projections: Variable) -> Variable {
        let pool = projections.tape.pool
        let units = UnitRows(projections.value, columns: 2 * shape.width, shape.headWidth, projections.tape.products)
        let result = pool.tensor(projections.rows, projections.columns)
        copyRows(units.rows.matrix, into: result.matrix.columns(0, 2 * shape.width))
        copyRows(
            projections.value.matrix.columns(2 * shape.width, shape.width),
            into: result.matrix.columns(2 * shape.width, shape.width))
        return projections.tape.record(result, UnitGradient(units: units, projections: projections.slot))
    }
}

/// dx = (d - (d · x̂) x̂) / |x| of queries and keys, and d of values.
private struct UnitGradient: AttentionGradient {
    let units: UnitRows
    let projections: GradientSlot

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let dProjections = gradients.pool.copy(dOutput)
        units.writeGradient(dOutput, into: dProjections, gradients.products.team)
        gradients.add(dProjections, to: projections)
    }
}
