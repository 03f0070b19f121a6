import Autograd

/// y = x Wᵀ + b, with parameters `weight` [out, in] and `bias` [out].
public struct Dense: Sendable {
    let weight: Parameter
    let bias: Parameter

    /// Begins as the initialization of `options` has it.
    public init(_ scope: ParameterScope, from input: Int, to output: Int, _ options: EncoderOptions) {
        self.init(scope, from: input, to: output, options.weights(of: input), options.biases(of: input))
    }

    init(
        _ scope: ParameterScope, from input: Int, to output: Int, _ weights: Parameter.Initialization,
        _ biases: Parameter.Initialization
    ) {
        weight = scope.multiplied(scope.weight("weight", output, input, weights))
        bias = scope.vector("bias", output, biases)
    }

    var parameters: (weight: Parameter, bias: Parameter) { (weight, bias) }

    public func callAsFunction(_ x: Variable) -> Variable { x.linear(weight, bias) }
}
