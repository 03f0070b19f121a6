import Tensors

extension Variable {
    /// `body` of this variable, of which only the input is kept: backward runs it once more, to the same bits, and then through
    /// it (Chen et al. 2016, "Training deep nets with sublinear memory cost").
    ///
    /// - Parameter body: must not count or sum anything up, since it runs twice.
    public func recomputing(_ body: @escaping (Variable) -> Variable) -> Variable {
        guard tape.isRecording else { return body(self) }
        let first = tape.branch(at: tape.randomSites)
        let output = withExtendedLifetime(first) { body(first.variable(value)).value }
        let operation = Recomputed(x: self, body: body, randomSite: tape.randomSites)
        tape.randomSites = first.randomSites
        return tape.record(output, operation)
    }
}

private struct Recomputed: TapedOperation {
    let x: Variable
    let body: (Variable) -> Variable
    let randomSite: UInt64

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let again = x.tape.branch(at: randomSite)
        let input = again.variable(x.value)
        let output = body(input)
        gradients.add(again.backward(from: output, dOutput, gradientsOf: [input])[0], to: x)
    }
}
