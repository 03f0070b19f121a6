import Tensors

extension Variable {
    /// The outputs of an attention over these projections, on the tape's machine.
    ///
    /// - Precondition: the tape has one.
    public func attend(_ attention: DeviceAttention, _ layout: BatchLayout) -> Variable {
        guard let machine = tape.machine else { preconditionFailure("no machine to attend on") }
        let (y, kept) = machine.attend(value, layout, attention)
        return tape.record(
            y,
            DeviceOperation(.attention) { [self] d, gradients in
                func gradient(_ dTemperature: Tensor?) -> Tensor {
                    machine.attendGradient(d, y, value, kept, dTemperature: dTemperature)
                }
                guard let temperature = attention.temperature else {
                    return gradients.add(gradient(nil), to: self)
                }
                var dValue: Tensor?
                gradients.add(to: temperature) { dValue = gradient($0) }
                if let dValue { gradients.add(dValue, to: self) }
            })
    }
}

extension Variable {
    /// This output of an attention over `projections`, and their values convolved over tokens, on the tape's machine.
    ///
    /// - Precondition: the tape has one.
    public func convolved(
        _ projections: Variable, _ layout: BatchLayout, heads: Int, _ kernels: Parameter
    ) -> Variable {
        guard let machine = tape.machine else { preconditionFailure("no machine to convolve on") }
        let y = machine.convolve(projections.value, value, layout, heads: heads, kernels)
        return tape.record(
            y,
            DeviceOperation(.attention) { [slot] d, gradients in
                gradients.write(to: projections.slot) { dProjections, accumulates in
                    if !accumulates { machine.clear(dProjections) }
                    gradients.add(to: kernels) {
                        machine.convolveGradient(
                            d, projections.value, layout, heads: heads, kernels, dProjections: dProjections,
                            dKernels: $0)
                    }
                }
                gradients.add(d, to: slot)
            })
    }
}
