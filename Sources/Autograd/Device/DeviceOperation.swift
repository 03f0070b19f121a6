import Tensors

/// An operation that a machine did, and undoes.
struct DeviceOperation: TapedOperation {
    let phase: Phase
    let body: (_ dOutput: Tensor, _ gradients: Gradients) -> Void

    init(_ phase: Phase, _ body: @escaping (_ dOutput: Tensor, _ gradients: Gradients) -> Void) {
        (self.phase, self.body) = (phase, body)
    }

    func backward(_ dOutput: Tensor, _ gradients: Gradients) { body(dOutput, gradients) }
}

/// The operations of the tape on a machine: the same formulas as beside them on the CPU.
extension Variable {
    func gelu(_ form: GeluForm, on machine: any Machine) -> Variable {
        let y = machine.activation(rows, columns)
        machine.gelu(value, form, into: y)
        return tape.record(
            y,
            DeviceOperation(.activations) { [self] d, gradients in
                machine.geluGradient(value, form, d, sums: nil, keeps: false)
                gradients.add(d, to: self)
            })
    }

    func tanh(on machine: any Machine) -> Variable {
        let y = machine.activation(rows, columns)
        machine.tanh(value, into: y)
        return tape.record(
            y,
            DeviceOperation(.activations) { [slot] d, gradients in
                machine.tanhGradient(y, d)
                gradients.add(d, to: slot)
            })
    }

    func dropout(_ mask: DropoutMask, on machine: any Machine) -> Variable {
        let y = machine.activation(rows, columns)
        machine.dropout(value, mask, into: y)
        return tape.record(
            y,
            DeviceOperation(.other) { [slot] d, gradients in
                machine.dropout(d, mask, into: d)
                gradients.add(d, to: slot)
            })
    }

    func plus(_ b: Variable, on machine: any Machine) -> Variable {
        let y = machine.copy(value)
        machine.add(b.value, to: y)
        return tape.record(
            y,
            DeviceOperation(.other) { [slot] d, gradients in
                gradients.add(machine.copy(d), to: slot)
                gradients.add(d, to: b.slot)
            })
    }

    func gatherRows(_ indices: [Int32], on machine: any Machine) -> Variable {
        let y = machine.activation(indices.count, columns)
        machine.gather(value, indices, into: y)
        return tape.record(
            y,
            DeviceOperation(.other) { [slot] d, gradients in
                gradients.write(to: slot) { machine.scatter(d, indices, into: $0, accumulates: $1) }
            })
    }

    func meanRows(_ layout: BatchLayout, on machine: any Machine) -> Variable {
        let y = machine.activation(layout.count, columns)
        machine.meanRows(value, layout, into: y)
        return tape.record(
            y,
            DeviceOperation(.other) { [slot] d, gradients in
                gradients.write(to: slot) { machine.meanRowsGradient(d, layout, into: $0, accumulates: $1) }
            })
    }

    func pairFeatures(on machine: any Machine) -> Variable {
        let y = machine.activation(rows / 2, 4 * columns)
        machine.pairFeatures(value, into: y)
        return tape.record(
            y,
            DeviceOperation(.other) { [self] d, gradients in
                gradients.write(to: slot) { machine.pairFeaturesGradient(d, value, into: $0, accumulates: $1) }
            })
    }

    func linear(_ weight: Parameter, _ bias: Parameter, on machine: any Machine) -> Variable {
        let y = machine.activation(rows, weight.rows)
        machine.linear(value, weight, bias, into: y)
        return tape.record(
            y,
            DeviceOperation(.dense) { [self] d, gradients in
                gradients.add(to: bias) { machine.addColumnSums(of: d, to: $0) }
                gradients.add(to: weight) { machine.linearWeightGradient(d, value, to: $0) }
                gradients.write(to: slot) { machine.linearInputGradient(d, weight, into: $0, accumulates: $1) }
            })
    }

    /// Of the activations h and gelu(h) only h is kept: gelu(h) comes once more with its slope.
    func feedForward(
        _ expand: (weight: Parameter, bias: Parameter), _ contract: (weight: Parameter, bias: Parameter),
        gelu form: GeluForm, on machine: any Machine
    ) -> Variable {
        let hidden = machine.activation(rows, expand.weight.rows)
        machine.linear(value, expand.weight, expand.bias, into: hidden)
        let y = machine.activation(rows, contract.weight.rows)
        do {
            let activated = machine.activation(rows, hidden.columns)
            machine.gelu(hidden, form, into: activated)
            machine.linear(activated, contract.weight, contract.bias, into: y)
        }
        return tape.record(
            y,
            DeviceOperation(.dense) { [self] dOutput, gradients in
                gradients.add(to: contract.bias) { machine.addColumnSums(of: dOutput, to: $0) }
                let d = machine.activation(rows, hidden.columns)
                machine.linearInputGradient(dOutput, contract.weight, into: d, accumulates: false)
                gradients.add(to: expand.bias) { machine.geluGradient(hidden, form, d, sums: $0, keeps: true) }
                gradients.add(to: contract.weight) { machine.linearWeightGradient(dOutput, hidden, to: $0) }
                gradients.add(to: expand.weight) { machine.linearWeightGradient(d, value, to: $0) }
                gradients.write(to: slot) { machine.linearInputGradient(d, expand.weight, into: $0, accumulates: $1) }
            })
    }
}

extension Tape {
    /// The gradient that every loss begins with; nobody looks at a machine's, whose losses have it in them.
    func seed() -> Tensor { machine?.activation(1, 1) ?? pool.tensor(1, 1, [1]) }

    /// A loss on `machine` whose gradient, `gradient` of `x`, is known; its variable stands for it on the tape, and has no value.
    func loss(
        of x: GradientSlot, _ gradient: Tensor, _ counts: @escaping () -> LossCounts, rows: Int,
        on machine: any Machine
    ) -> Loss {
        let variable = record(
            machine.activation(1, 1), DeviceOperation(.head) { _, gradients in gradients.add(gradient, to: x) })
        return Loss(variable: variable, count: rows, counts: counts)
    }
}
