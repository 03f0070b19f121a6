import Autograd
import Tensors
import Testing

@testable import Training

/// What of an update no ten steps of a small model show: at usual rates decay is less than they may be off by.
@Suite struct AdamWTests {
    private func model(_ layout: ParameterLayout, _ options: OptimizerOptions) -> SlicedModel {
        SlicedModel(
            ModelWeights(layout, seed: 1, slices: 1, workers: Workers(threads: 1), precision: .fp32, backward: true),
            optimizer: options, recomputes: false)
    }

    /// Without gradients there is decay alone.
    @Test(arguments: ["adamw", "lamb"]) func matricesDecayAndVectorsDoNot(kind: String) {
        let layout = ParameterLayout()
        let weight = layout.scope("m").weight("weight", 3, 4, deviation: 0.02)
        let bias = layout.scope("m").vector("bias", 4)
        let model = model(layout, OptimizerOptions(kind: kind, decay: 0.5, clip: 0))
        for parameter in [weight, bias] { model.parameters.view(of: parameter).fill(2) }
        let gradients = StoragePool().zeros(1, layout.blockCount)
        model.optimizer.update(by: gradients, norm: 0, rate: 0.1)
        // LAMB's step is as long as the parameter itself.
        let kept: Float = kind == "lamb" ? 0.9 : 0.95
        #expect(model.parameters.view(of: weight).values.allSatisfy { abs($0 - 2 * kept) < 1e-6 })
        #expect(model.parameters.view(of: bias).values.allSatisfy { $0 == 2 })
    }

    /// Clipping makes gradients no longer than the limit, and short ones no longer than they are.
    @Test(arguments: [0.25, 1, 4]) func onlyLongGradientsAreClipped(norm: Double) {
        let layout = ParameterLayout()
        let weight = layout.scope("m").weight("weight", 3, 4, deviation: 0.02)
        let model = model(layout, OptimizerOptions(clip: 1))
        let gradients = StoragePool().zeros(1, layout.blockCount)
        gradients.view(of: weight).fill(3)
        model.optimizer.update(by: gradients, norm: norm, rate: 0)
        let wanted = 0.1 * 3 * Float(min(1, 1 / norm))
        for mean in model.optimizer.moments[0].part.values[weight.range] { #expect(abs(mean - wanted) < 1e-5) }
    }
}
