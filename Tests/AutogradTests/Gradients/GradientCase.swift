import Autograd
import Tensors
import Testing

/// One operation with the inputs that its gradient is checked on.
struct GradientCase: Sendable, CustomTestStringConvertible {
    /// From the inputs to the operation's output; made anew with the parameters that it asks of the layout.
    typealias Operation = (_ inputs: [Variable]) -> Variable

    let name: String
    /// Rows and columns of every input.
    let inputs: [(rows: Int, columns: Int)]
    /// Elements of the inputs lie in ±spread.
    let spread: Double
    /// The step of the central differences.
    let step: Float
    /// How many times a cosine is taken before its exponential, and its rounding to bf16 with it.
    let temperature: Double
    let make: @Sendable (ParameterLayout) -> Operation

    init(
        _ name: String, _ inputs: [(rows: Int, columns: Int)], spread: Double = 1.5, step: Float = 5e-3,
        temperature: Double = 1,
        _ make: @escaping @Sendable (ParameterLayout) -> Operation
    ) {
        self.name = name
        self.inputs = inputs
        self.spread = spread
        self.step = step
        self.temperature = temperature
        self.make = make
    }

    var testDescription: String { name }
}
