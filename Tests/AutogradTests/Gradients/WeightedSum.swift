import Autograd
import Tensors

extension Variable {
    /// Σ R ∘ x, which makes a scalar of any output.
    func weighted(by weights: [Float]) -> Variable {
        let sum = zip(value.values, weights).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        return tape.record(tape.pool.tensor(1, 1, [Float(sum)]), WeightedSum(x: self, weights: weights))
    }
}

private struct WeightedSum: TapedOperation {
    let x: Variable
    let weights: [Float]

    /// dx = dy R
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let dInput = gradients.pool.tensor(x.rows, x.columns, weights)
        dInput.scale(by: dOutput.scalar)
        gradients.add(dInput, to: x)
    }
}
