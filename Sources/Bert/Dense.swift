import Autograd

/// y = x Wᵀ + b, with parameters `weight` [out, in] and `bias` [out].
public struct Dense: Sendable {
    let weight: Parameter
    let bias: Parameter

    public init(_ scope: ParameterScope, from input: Int, to output: Int, deviation: Float) {
        self.init(scope, from: input, to: output, .normal(deviation))
    }

    init(_ scope: ParameterScope, from input: Int, to output: Int, _ weights: Parameter.Initialization) {
        weight = scope.multiplied(scope.weight("weight", output, input, weights))
        bias = scope.vector("bias", output)
    }

    var parameters: (weight: Parameter, bias: Parameter) { (weight, bias) }

    public func callAsFunction(_ x: Variable) -> Variable { x.linear(weight, bias) }
}
