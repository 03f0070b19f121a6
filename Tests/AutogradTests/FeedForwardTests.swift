import Autograd
import CKernels
import Tensors
import Testing

/// The fused layer beside its three operations.
@Suite struct FeedForwardTests {
    /// As wide inside as outside, so that memory of one size serves all of them. Float32 with weights as they come.
    @Test(arguments: Precision.allCases.filter(\.isAvailable))
    func inferenceGivesTheBitsOfItsOperations(precision: Precision) {
        let (layout, pool) = (ParameterLayout(), StoragePool())
        let (expand, contract) = (dense("expand", layout), dense("contract", layout))
        let parameters = layout.initialBlock(seed: 1, from: pool)
        let panels = precision == .bf16 ? WeightPanels(layout, precision, backward: false, from: pool) : nil
        for part in layout.parts { panels?.pack(part, from: parameters) }
        let tape = Tape(parameters: parameters, mode: .inference, pool: pool, panels: panels)
        let x = tape.constant(pool.tensor(24, 32, RandomStream(seed: 2).symmetric(24 * 32, 1)))
        let apart = x.linear(expand.weight, expand.bias).gelu().linear(contract.weight, contract.bias).value.values
        #expect(x.feedForward(expand, contract).value.values == apart)
    }

    /// Float32 weights that are laid out once, beside exact sums.
    @Test(.enabled(if: String(cString: ck_level()) == "AVX-512", "the kernel wants AVX-512"))
    func weightsMayBeLaidOutOnce() {
        let (layout, pool) = (ParameterLayout(), StoragePool())
        // Behind another one.
        _ = self.dense("first", layout)
        let dense = self.dense("dense", layout)
        let parameters = layout.initialBlock(seed: 1, from: pool)
        let panels = WeightPanels(layout, .fp32, backward: false, from: pool)
        for part in layout.parts { panels.pack(part, from: parameters) }
        let input = RandomStream(seed: 2).symmetric(24 * 32, 1)
        let outputs = [nil, panels].map { panels in
            let tape = Tape(parameters: parameters, mode: .inference, pool: pool, panels: panels)
            return tape.constant(pool.tensor(24, 32, input)).linear(dense.weight, dense.bias).value.values
        }
        let (weight, bias) = (parameters.view(of: dense.weight).values, parameters.view(of: dense.bias).values)
        for index in 0..<24 * 32 {
            let (row, column) = (index / 32, index % 32)
            let exact = (0..<32).reduce(Double(bias[column])) {
                $0 + Double(input[row * 32 + $1]) * Double(weight[column * 32 + $1])
            }
            for output in outputs { #expect(abs(Double(output[index]) - exact) < 1e-5) }
        }
    }

    private func dense(_ name: String, _ layout: ParameterLayout) -> (weight: Parameter, bias: Parameter) {
        let scope = layout.scope(name)
        let weight = scope.multiplied(scope.weight("weight", 32, 32, deviation: 1))
        return (weight, scope.vector("bias", 32, .normal(1)))
    }
}
