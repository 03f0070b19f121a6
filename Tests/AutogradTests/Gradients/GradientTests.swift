import Autograd
import Tensors
import Testing

/// Every operation's backward against finite differences of its forward.
struct GradientTests {
    private static let tolerance = 2e-3

    @Test(arguments: GradientCase.operations + GradientCase.attentions)
    func agreesWithFiniteDifferences(of operation: GradientCase) {
        for discrepancy in FiniteDifferences(operation).discrepancies() {
            #expect(discrepancy.value < Self.tolerance, "\(operation.name): the gradient of \(discrepancy.tensor)")
        }
    }

    /// A number of bf16 is off by at most 1 in 256; a gradient is off by little more, or something else was multiplied.
    @Test(
        .enabled(if: Precision.bf16.isAvailable, "this CPU has no AVX512-BF16"),
        arguments: GradientCase.operations + GradientCase.attentions)
    func bf16StaysNearFloat32(of operation: GradientCase) {
        for discrepancy in FiniteDifferences(operation).discrepanciesOfBf16() {
            #expect(
                discrepancy.value < 0.01 * operation.temperature,
                "\(operation.name): the gradient of \(discrepancy.tensor)")
        }
    }

    /// The check itself must see a gradient that is wrong by two in a hundred, of one input only.
    @Test func reportsAWrongGradient() throws {
        let wrong = GradientCase("wrong product", [(3, 4), (3, 4)]) { _ in
            { inputs in
                let product = zip(inputs[0].value.values, inputs[1].value.values).map { $0 * $1 }
                let tape = inputs[0].tape
                return tape.record(tape.pool.tensor(3, 4, product), WrongProduct(x: inputs[0], y: inputs[1]))
            }
        }
        let discrepancies = FiniteDifferences(wrong).discrepancies()
        try #require(discrepancies.count == 2)
        #expect(discrepancies[0].value < Self.tolerance)
        #expect(discrepancies[1].value > Self.tolerance)
    }
}

/// x ∘ y whose gradient by y is 2% too large.
private struct WrongProduct: TapedOperation {
    let x: Variable
    let y: Variable

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let (dX, dY) = (gradients.pool.copy(dOutput), dOutput)
        for index in 0..<dOutput.count {
            dX[index] *= y.value[index]
            dY[index] *= 1.02 * x.value[index]
        }
        gradients.add(dX, to: x)
        gradients.add(dY, to: y)
    }
}
