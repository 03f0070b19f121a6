import Autograd
import Tensors
import Testing

/// The fused layer beside its three operations.
@Suite struct FeedForwardTests {
    /// As wide inside as outside, so that memory of one size serves all of them.
    @Test(arguments: Precision.allCases.filter(\.isAvailable))
    func inferenceGivesTheBitsOfItsOperations(precision: Precision) {
        let (layout, pool) = (ParameterLayout(), StoragePool())
        let (expand, contract) = (dense("expand", layout), dense("contract", layout))
        let parameters = layout.initialBlock(seed: 1, from: pool)
        let panels = precision == .bf16 ? WeightPanels(layout, backward: false, from: pool) : nil
        for part in layout.parts { panels?.pack(part, from: parameters) }
        let tape = Tape(parameters: parameters, mode: .inference, pool: pool, panels: panels)
        let x = tape.constant(pool.tensor(24, 32, RandomStream(seed: 2).symmetric(24 * 32, 1)))
        let apart = x.linear(expand.weight, expand.bias).gelu().linear(contract.weight, contract.bias).value.values
        #expect(x.feedForward(expand, contract).value.values == apart)
    }

    private func dense(_ name: String, _ layout: ParameterLayout) -> (weight: Parameter, bias: Parameter) {
        let scope = layout.scope(name)
        let weight = scope.multiplied(scope.weight("weight", 32, 32, deviation: 1))
        return (weight, scope.vector("bias", 32, .normal(1)))
    }
}
