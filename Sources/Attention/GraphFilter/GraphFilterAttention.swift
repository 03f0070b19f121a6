import Autograd
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
        let weights = tape[weights]
        for row in 0..<output.rows {
            for column in 0..<output.columns {
                let index = row * output.columns + column
                let (first, second) = (once.value.pointer[index], twice.value.pointer[index])
                let filtered = first + Float(order - 1) * (second - first)
                output.pointer[index] += weights.pointer[column / shape.headWidth] * filtered
            }
        }
        return tape.record(output, GraphFilterGradient(attention: self, once: once, twice: twice, weights: weights))
    }
}

/// With F = Y₁ + (K - 1) (Y₂ - Y₁): dw = Σ dY ∘ F, dY₁ = (1 + w (2 - K)) dY, dY₂ = w (K - 1) dY.
private struct GraphFilterGradient: AttentionGradient {
    let attention: GraphFilterAttention
    let once: Variable
    let twice: Variable
    let weights: Tensor

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let (dOnce, dTwice) = (dOutput, gradients.pool.tensor(dOutput.rows, dOutput.columns))
        let dWeights = gradients.pool.zeros(1, attention.weights.count)
        let (order, width) = (Float(attention.order), attention.shape.headWidth)
        for row in 0..<dOutput.rows {
            for column in 0..<dOutput.columns {
                let (index, head) = (row * dOutput.columns + column, column / width)
                let (d, weight) = (dOutput.pointer[index], weights.pointer[head])
                let (first, second) = (once.value.pointer[index], twice.value.pointer[index])
                dWeights.pointer[head] += d * (first + (order - 1) * (second - first))
                dOnce.pointer[index] = (1 + weight * (2 - order)) * d
                dTwice.pointer[index] = weight * (order - 1) * d
            }
        }
        gradients.add(to: attention.weights) { $0.add(dWeights) }
        gradients.add(dTwice, to: twice)
        gradients.add(dOnce, to: once)
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
        for row in 0..<part.rows {
            for column in 0..<width { part.pointer[row * part.stride + column] = 0 }
        }
        gradients.add(dValues, to: values)
        gradients.add(dOutput, to: projections)
    }
}
