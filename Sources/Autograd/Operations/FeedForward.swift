import Tensors

extension Variable {
    /// y = gelu(x W₁ᵀ + b₁) W₂ᵀ + b₂, for W₁ [inner, in], W₂ [out, inner]: the feed-forward part of a block (Vaswani et al.
    /// 2017, section 3.3). The same as `linear`, `gelu` and `linear`, but activations are made operands of the second
    /// product where the first leaves them, if it is one of bf16 and GELU is by erf.
    public func feedForward(
        _ expand: (weight: Parameter, bias: Parameter), _ contract: (weight: Parameter, bias: Parameter),
        gelu form: GeluForm = .erf
    ) -> Variable {
        if let machine = tape.machine { return feedForward(expand, contract, gelu: form, on: machine) }
        guard tape.products.precision == .bf16, form == .erf else {
            return linear(expand.weight, expand.bias).gelu(form).linear(contract.weight, contract.bias)
        }
        let (left, kept) = tape.products.leftAndKept(value, isKept: tape.isRecording)
        let hidden = tape.pool.tensor(rows, expand.weight.rows)
        let activated = tape.multiplyAndActivate(left, expand.weight, plus: expand.bias, into: hidden)
        let y = tape.pool.tensor(rows, contract.weight.rows)
        tape.multiply(activated.left, contract.weight, plus: contract.bias, into: y)
        guard let kept, let keptActivated = activated.kept else { return tape.constant(y) }
        let expanded = tape.record(hidden, Linear(x: slot, input: kept, weight: expand.weight, bias: expand.bias))
        let slot = tape.record(rows: rows, columns: hidden.columns, Gelu(x: expanded))
        return tape.record(
            y, Linear(x: slot, input: keptActivated, weight: contract.weight, bias: contract.bias))
    }
}
