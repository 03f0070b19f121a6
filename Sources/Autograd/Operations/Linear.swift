import Tensors

extension Variable {
    /// y = x Wᵀ + b, for x [rows, in], W [out, in], b [out].
    public func linear(_ weight: Parameter, _ bias: Parameter) -> Variable {
        precondition(columns == weight.columns, "\(weight.name) takes \(weight.columns) columns, not \(columns)")
        if let machine = tape.machine { return linear(weight, bias, on: machine) }
        let y = tape.pool.tensor(rows, weight.rows)
        let (left, kept) = tape.products.leftAndKept(value, isKept: tape.isRecording)
        tape.multiply(left, weight, plus: bias, into: y)
        guard let kept else { return tape.constant(y) }
        return tape.record(y, Linear(x: slot, input: kept, weight: weight, bias: bias))
    }
}

struct Linear: TapedOperation {
    var phase: Phase { .dense }
    let x: GradientSlot
    let input: RightFactor
    let weight: Parameter
    let bias: Parameter

    /// dx = dy W, dW += dyᵀ x, db += Σ rows of dy
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let factors = x.tape.products.pair(of: dOutput.matrix)
        gradients.add(
            to: weight,
            overlapping: {
                gradients.write(to: x) { dInput, accumulate in
                    x.tape.multiplyBack(factors.straight, weight, into: dInput.matrix, accumulate: accumulate)
                }
            },
            { gradients.products.multiply(factors.transposed, input, into: $0.matrix, accumulate: true) })
        gradients.add(to: bias) { gradients.team.addColumnSums(of: dOutput, to: $0) }
    }
}
