import Autograd
import CKernels
import Tensors

/// Y = A V + w (A V + (K - 1) (A (A V) - A V)), with a learned w a head that begins at zero: attention as a graph filter of
/// order K, whose power Aᴷ is taken to first order (GFSA: Choi et al., TMLR 2024, section 4). A may be any attention; it is
/// applied twice, never multiplied out, and where it draws at random, each time with a draw of its own.
struct GraphFilterAttention: SelfAttention {
    let attention: any SelfAttention
    let shape: HeadShape
    let order: Int
    /// [heads]
    let weights: Parameter

    init(attention: any SelfAttention, shape: HeadShape, order: Int, _ scope: ParameterScope) {
        (self.attention, self.shape, self.order) = (attention, shape, order)
        weights = scope["filter"].vector("weight", shape.heads)
    }

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        let tape = projections.tape
        let once = attention(projections, layout)
        let twice = attention(projections.replacingValues(by: once), layout)
        let output = tape.pool.copy(once.value)
        let filter = GraphFilter(
            shape: shape, order: order, weights: tape[weights], once: once.value, twice: twice.value)
        withPointers(filter, output) { ck_filter($0, $1) }
        return tape.record(
            output, GraphFilterGradient(filter: filter, weights: weights, once: once.slot, twice: twice.slot))
    }
}

/// The outputs A V and A (A V), and how they are filtered.
private struct GraphFilter: KernelOperand {
    let shape: HeadShape
    let order: Int
    let weights: Tensor
    let once: Tensor
    let twice: Tensor

    func withPointer<Result>(_ body: (ck_graph_filter) throws -> Result) rethrows -> Result {
        try withPointers(weights, once, twice) {
            try body(
                ck_graph_filter(
                    rows: Int64(once.rows), columns: Int64(once.columns), head_columns: Int64(shape.headWidth),
                    order: Float(order), weights: $0, once: $1, twice: $2))
        }
    }
}

/// With F = Y₁ + (K - 1) (Y₂ - Y₁): dw = Σ dY ∘ F, dY₁ = (1 + w (2 - K)) dY, dY₂ = w (K - 1) dY.
private struct GraphFilterGradient: AttentionGradient {
    let filter: GraphFilter
    let weights: Parameter
    let once: GradientSlot
    let twice: GradientSlot

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let dTwice = gradients.pool.tensor(dOutput.rows, dOutput.columns)
        let dWeights = gradients.pool.zeros(1, weights.count)
        withPointers(filter, dOutput, dTwice, dWeights) { ck_filter_gradient($0, $1, $2, $3) }
        gradients.add(to: weights) { $0.add(dWeights) }
        gradients.add(dTwice, to: twice)
        gradients.add(dOutput, to: once)
    }
}

extension Variable {
    /// The same queries and keys with other values: q | k | v becomes q | k | `values`.
    func replacingValues(by values: Variable) -> Variable {
        let replaced = tape.pool.copy(value)
        copyRows(values.value.matrix, into: replaced.matrix.columns(2 * values.columns, values.columns))
        return tape.record(replaced, ReplacedValues(projections: self, values: values))
    }
}

private struct ReplacedValues: AttentionGradient {
    let projections: Variable
    let values: Variable

    /// The gradient of the values goes to what replaced them.
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let width = values.columns
        let part = dOutput.matrix.columns(2 * width, width)
        let dValues = gradients.pool.tensor(values.rows, width)
        copyRows(part, into: dValues.matrix)
        part.fill(0)
        gradients.add(dValues, to: values)
        gradients.add(dOutput, to: projections)
    }
}
