import Autograd
import Foundation
import Tensors
import Testing

@testable import Training

@Suite struct LAMBTests {
    /// The trust ratio is that of a whole parameter, which is many parts of the block.
    @Test(arguments: [1, 3]) func aLargeParameterHasOneTrustRatio(threads: Int) {
        let (layout, rows, columns, rate) = (ParameterLayout(), 900, 200, Float(0.1))
        let weight = layout.scope("m").weight("weight", rows, columns, deviation: 0.02)
        #expect(layout.parts.count > 2)
        let options = OptimizerOptions(kind: LAMB.name, rate: rate, decay: 0.1, clip: 0)
        let model = SlicedModel(
            ModelWeights(
                layout, seed: 1, slices: 1, workers: Workers(threads: threads), precision: .fp32, backward: true),
            optimizer: options, recomputes: false)
        let before = model.parameters.values.map(Double.init)
        // Rows of very different gradients: in the first step the direction is their sign alone.
        let gradients = StoragePool().zeros(1, layout.blockCount)
        let numbers = (1...weight.count).map { $0 % 3 == 1 ? -$0 : $0 }
        gradients.view(of: weight).copy(from: numbers.map(Float.init))
        let signs = gradients.values.map { $0 < 0 ? -1.0 : 1.0 }
        model.optimizer.update(by: gradients, norm: 1, rate: rate)
        let direction = zip(before, signs).map { $1 + 0.1 * $0 }
        func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let ratio = norm(before) / norm(direction)
        let wrong = zip(zip(before, direction), model.parameters.values).reduce(0) {
            max($0, abs($1.0.0 - Double(rate) * ratio * $1.0.1 - Double($1.1)))
        }
        #expect(wrong < 1e-7, "\(wrong)")
        #expect(gradients.values.allSatisfy { $0 == 0 })
    }
}
