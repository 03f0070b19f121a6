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
                gradients.add(machine.attendGradient(d, y, value, kept, gradients), to: self)
            })
    }
}
