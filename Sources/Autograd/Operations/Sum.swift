import Tensors

extension Variable {
    /// y = a + b, elementwise.
    public static func + (a: Variable, b: Variable) -> Variable {
        if let machine = a.tape.machine { return a.plus(b, on: machine) }
        let y = a.tape.team.copy(a.value, from: a.tape.pool)
        a.tape.team.add(b.value, to: y)
        return a.tape.record(y, Sum(a: a.slot, b: b.slot))
    }
}

private struct Sum: TapedOperation {
    let a: GradientSlot
    let b: GradientSlot

    /// da = dy, db = dy
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        gradients.add(gradients.team.copy(dOutput, from: gradients.pool), to: a)
        gradients.add(dOutput, to: b)
    }
}
