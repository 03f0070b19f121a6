import Autograd
import Foundation
import Tensors
import Testing

/// What the losses report beside their gradients.
struct LossTests {
    private let pool = StoragePool()

    @Test func crossEntropyCountsAndSums() {
        let tape = Tape(parameters: pool.zeros(1, 1), mode: .inference, pool: pool)
        // Softmax of (0, 0) and of (0, ln 3): 1/2, 1/2 and 1/4, 3/4.
        let logits = tape.constant(pool.tensor(2, 2, [0, 0, 0, 1.098_612_3]))
        let loss = logits.crossEntropy([1, 1], weight: 0.25)
        #expect(abs(loss.sum - (0.693_147_18 + 0.287_682_07)) < 1e-6)
        #expect(abs(Double(loss.variable.value.scalar) - 0.25 * loss.sum) < 1e-6)
        #expect(loss.correct == 1)
        #expect(loss.count == 2)
    }

    @Test func binaryCrossEntropySumsMeansOverLabels() {
        let tape = Tape(parameters: pool.zeros(1, 1), mode: .inference, pool: pool)
        // σ of 0, ln 3, -200 and 200: 1/2, 3/4, 0 and 1.
        let logits = tape.constant(pool.tensor(2, 2, [0, 1.098_612_3, -200, 200]))
        let loss = logits.binaryCrossEntropy([[1], [1]], weight: 0.5)
        #expect(abs(loss.sum - (0.693_147_18 + 0.287_682_07) / 2) < 1e-6)
        #expect(abs(Double(loss.variable.value.scalar) - 0.5 * loss.sum) < 1e-6)
        // Wrong by 200 each, and of smoothed targets 0.05 and 0.95 by 5% of it.
        #expect(
            abs(logits.binaryCrossEntropy([[], [0]], weight: 1).sum - (0.693_147_18 + 1.386_294_36 + 400) / 2) < 1e-4)
        let smooth = logits.binaryCrossEntropy([[1], [1]], weight: 1, smoothing: 0.1).sum
        #expect(abs(smooth - loss.sum - 0.05 * (1.098_612_3 + 400) / 2) < 1e-4)
    }

    @Test func squaredErrorSums() {
        let tape = Tape(parameters: pool.zeros(1, 1), mode: .inference, pool: pool)
        let loss = tape.constant(pool.tensor(3, 1, [1, 2, 3])).squaredError([1, 0, 4], weight: 0.5)
        #expect(loss.sum == 5)
        #expect(loss.variable.value.scalar == 2.5)
        #expect(loss.count == 3)
    }

    /// More rows than one chunk holds: the fused loss is that of the logits written out.
    @Test(arguments: [0, 1, 384, 385, 900])
    func tiedCrossEntropyIsTheCrossEntropyOfTheLogits(rows: Int) {
        let layout = ParameterLayout()
        let embedding = layout.scope("words").weight("weight", 11, 6, deviation: 1)
        let bias = layout.scope("words").vector("bias", 11, .normal(1))
        let tape = Tape(parameters: layout.initialBlock(seed: 1, from: pool), mode: .inference, pool: pool)
        let x = tape.constant(pool.tensor(rows, 6, RandomStream(seed: 2).symmetric(rows * 6, 1)))
        let labels = (0..<rows).map { Int32($0 * 5 % 11) }
        let fused = x.tiedCrossEntropy(embedding, bias, labels, weight: 0.01)
        let plain = x.linear(embedding, bias).crossEntropy(labels, weight: 0.01)
        #expect(abs(fused.sum - plain.sum) <= 1e-5 * plain.sum)
        #expect(abs(fused.variable.value.scalar - plain.variable.value.scalar) <= 1e-5)
        #expect(fused.correct == plain.correct)
        #expect(fused.count == rows)
    }

    @Test func aTiedLossThatIsScaledTraps() async {
        await #expect(processExitsWith: .failure) {
            let pool = StoragePool()
            let layout = ParameterLayout()
            let embedding = layout.scope("words").weight("weight", 2, 2, deviation: 1)
            let bias = layout.scope("words").vector("bias", 2)
            let block = pool.zeros(1, layout.blockCount)
            let mode = Tape.Mode.training(
                gradients: ParameterGradients(pool.zeros(1, layout.blockCount)), random: RandomStream(seed: 1))
            let tape = Tape(parameters: block, mode: mode, pool: pool)
            let loss = tape.variable(pool.zeros(1, 2)).tiedCrossEntropy(embedding, bias, [0], weight: 1)
            tape.backward(from: loss.variable + loss.variable)
        }
    }

    /// Σ_k t_k (-log p_k) with t = (1 - ε) onehot + ε / K.
    @Test func smoothedLabelsAreADistribution() {
        let tape = Tape(parameters: pool.zeros(1, 16), mode: .inference, pool: pool)
        let logits: [Float] = [1, -2, 0.5, 3, 0, 0]
        let loss = tape.constant(pool.tensor(2, 3, logits)).crossEntropy([2, 0], weight: 1, smoothing: 0.3)
        var expected = 0.0
        for (row, label) in [2, 0].enumerated() {
            let values = logits[3 * row..<3 * row + 3].map(Double.init)
            let total = log(values.reduce(0) { $0 + exp($1) })
            for (index, value) in values.enumerated() {
                expected += ((index == label ? 0.7 : 0) + 0.1) * (total - value)
            }
        }
        #expect(abs(loss.sum - expected) < 1e-5)
    }
}
