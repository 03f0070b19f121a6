import Attention
import Autograd
import Tensors
import Testing

/// Random numbers belong to a sequence of a step, wherever it is packed.
struct DropoutTests {
    private let pool = StoragePool()

    @Test func dropsTheSameOfASequenceAloneAndPacked() {
        let alone = dropped(BatchLayout(lengths: [4], keys: [7]))
        let packed = dropped(BatchLayout(lengths: [3, 4, 2], keys: [1, 7, 9]))
        #expect(Array(packed[3..<7]) == alone)
    }

    @Test func otherSequencesStepsAndPlacesDropOthers() {
        let layout = BatchLayout(lengths: [4], keys: [7])
        let reference = dropped(layout)
        #expect(dropped(layout) == reference)
        #expect(dropped(BatchLayout(lengths: [4], keys: [8])) != reference)
        #expect(dropped(layout, step: 1) != reference)
        #expect(dropped(layout, sites: 1) != reference)
    }

    @Test func sequencesOfOneBatchDropDifferentElements() {
        let rows = dropped(BatchLayout(lengths: [4, 4]))
        #expect(rows[..<4] != rows[4...])
    }

    @Test func attentionDropsTheSameOfASequenceAloneAndPacked() {
        let projections = RandomStream(seed: 3).symmetric(9 * 24, 1)
        let part = Array(projections[3 * 24..<7 * 24])
        let packed = attended(projections, BatchLayout(lengths: [3, 4, 2], keys: [1, 7, 9]))
        let alone = attended(part, BatchLayout(lengths: [4], keys: [7]))
        let other = attended(part, BatchLayout(lengths: [4], keys: [8]))
        for (alone, packed) in zip(alone, packed[3 * 8..<7 * 8]) { #expect(abs(alone - packed) < 1e-6) }
        #expect(zip(alone, other).contains { abs($0 - $1) > 0.01 })
    }

    /// Queries and keys are zero and heads have equal values: only the masks can make two outputs differ.
    @Test func attentionDropsOthersOfEveryHeadAndQuery() {
        let values = RandomStream(seed: 4).symmetric(230, 1)
        let projections = values.flatMap { Array(repeating: 0, count: 16) + Array(repeating: $0, count: 8) }
        // 230 tokens take two tiles.
        let output = attended(projections, BatchLayout(lengths: [230]))
        let heads = stride(from: 0, to: output.count, by: 4).map { output[$0] }
        #expect(Set(heads).count > 450, "of 460 queries of two heads")
    }

    @Test func aProbabilityOfZeroDrawsNothing() {
        let tape = tape(step: 0)
        let x = tape.variable(pool.tensor(2, 2, [1, 2, 3, 4]))
        #expect(x.dropout(0, BatchLayout(lengths: [2])).value.values == [1, 2, 3, 4])
    }

    /// Rows of 40 ones after dropout of a half.
    private func dropped(_ layout: BatchLayout, step: UInt64 = 0, sites: Int = 0) -> [[Float]] {
        let tape = tape(step: step)
        for _ in 0..<sites { _ = tape.nextRandomStream() }
        let ones = pool.tensor(layout.tokens, 40)
        ones.fill(1)
        let values = tape.variable(ones).dropout(0.5, layout).value.values
        return (0..<layout.tokens).map { Array(values[40 * $0..<40 * ($0 + 1)]) }
    }

    private func attended(_ projections: [Float], _ layout: BatchLayout) -> [Float] {
        let attention = AttentionChoice.softmax.attention(
            heads: 2, headWidth: 4, dropout: 0.4, ParameterLayout().scope("self"))
        let tape = tape(step: 0)
        return attention(tape.variable(pool.tensor(layout.tokens, 24, projections)), layout).value.values
    }

    private func tape(step: UInt64) -> Tape {
        let mode = Tape.Mode.training(
            gradients: ParameterGradients(pool.zeros(1, 1)), random: RandomStream(seed: 5).stream(step))
        return Tape(parameters: pool.zeros(1, 1), mode: mode, pool: pool)
    }
}
