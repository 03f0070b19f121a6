import Autograd
import Tensors
import Testing

@testable import Attention

/// Which hashes a head gets, and what evaluation computes in their place.
@Suite struct HashChoiceTests {
    private let pool = StoragePool()

    /// Of two heads of 16 columns, over projections of `lengths`.
    private func output(
        _ options: some AttentionKind, _ lengths: [Int], _ projections: Tensor, training: Bool
    ) -> [Float] {
        let layout = ParameterLayout()
        let attention = AttentionChoice(options).attention(
            heads: 2, headWidth: 16, dropout: 0, layout.scope("self"))
        let gradients = ParameterGradients(pool.zeros(1, layout.blockCount))
        let tape = Tape(
            parameters: layout.initialBlock(seed: 1, from: pool),
            mode: training ? .training(gradients: gradients, random: RandomStream(seed: 1)) : .inference, pool: pool)
        return attention(tape.variable(projections), BatchLayout(lengths: lengths)).value.values
    }

    /// Errors of hashes that sequences or heads have in common would add up and not average out.
    @Test(arguments: [YosoOptions.Estimator.counts, .conditional])
    func equalSequencesAndHeadsAreHashedByThemselves(estimator: YosoOptions.Estimator) {
        let one = drawn(30, 16, "rows", pool)
        // Twice the same sequence, whose heads have the same queries, keys and values.
        let rows = (0..<60).flatMap { row in
            let values = one.rows(row % 30..<row % 30 + 1).values
            return (0..<6).flatMap { _ in values }
        }
        let options = YosoOptions(hashes: 8, bits: 3, estimator: estimator)
        let output = output(options, [30, 30], pool.tensor(60, 96, rows), training: true)
        func part(_ sequence: Int, head: Int) -> [Float] {
            (30 * sequence..<30 * sequence + 30).flatMap { row in
                let first = 32 * row + 16 * head
                return output[first..<first + 16]
            }
        }
        let first = part(0, head: 0)
        #expect(distance(part(1, head: 0), first) > 1e-3)
        #expect(distance(part(0, head: 1), first) > 1e-3)
    }

    @Test func evaluationTakesAsManyHashesAsItIsTold() {
        let projections = drawn(40, 96, "projections", pool)
        func evaluated(_ hashes: Int, _ evaluation: YosoOptions.Evaluation) -> [Float] {
            output(
                YosoOptions(hashes: hashes, bits: 3, evaluation: evaluation), [40], projections, training: false)
        }
        #expect(evaluated(8, .sampled(32)) == evaluated(32, .sampled(nil)))
        #expect(evaluated(8, .sampled(32)) != evaluated(8, .sampled(nil)))
    }

    /// The kernel's bits are its temperature, those of a hash only select.
    @Test func theExpectationHasTheBitsOfTheKernel() {
        let projections = drawn(40, 96, "projections", pool)
        let sampled = YosoOptions(bits: 4, evaluation: .expectation, estimator: .conditional, kernelBits: 12)
        #expect(
            output(sampled, [40], projections, training: false)
                == output(YosoExpectationOptions(bits: 12), [40], projections, training: false))
    }
}
