import Attention
import Autograd
import Tensors
import Testing

@testable import Bert

/// What a fresh encoder attends to.
@Suite struct FirstLookTests {
    /// Mean scores q · k of a head, over many random words, are largest where its neighbour stands.
    @Test func everyHeadOfAFreshEncoderLooksAtItsNeighbour() {
        let options = EncoderOptions(
            layers: 1, width: 256, heads: 4, intermediate: 64, vocabulary: 500, positions: 32, dropout: 0,
            attentionDropout: 0, initializerRange: 0.04)
        let (layout, pool) = (ParameterLayout(), StoragePool())
        let encoder = Encoder(options, layout)
        let parameters = layout.initialBlock(seed: 1, from: pool)
        let (length, count) = (24, 40)
        let words = RandomStream(seed: 4)
        let ids = (0..<length * count).map { Int32(words.word(UInt32($0)) % 500) }
        let tokens = PackedTokens(
            ids: ids, segments: ids.map { _ in 0 },
            layout: BatchLayout(lengths: Array(repeating: length, count: count)))
        let tape = Tape(parameters: parameters, mode: .inference, pool: pool)
        let projections = encoder.projections(tokens, layer: 0, tape).value
        let values = projections.values
        for (head, offset) in [-1, 1, -2, 2].enumerated() {
            for position in 4..<length - 4 {
                let scores = (0..<length).map { other -> Float in
                    (0..<count).reduce(0) { sum, sequence in
                        let query = (sequence * length + position) * projections.columns + head * 64
                        let key = (sequence * length + other) * projections.columns + 256 + head * 64
                        return sum + (0..<64).reduce(0) { $0 + values[query + $1] * values[key + $1] }
                    }
                }
                let best = scores.indices.max { scores[$0] < scores[$1] }
                #expect(best == position + offset, "head \(head), position \(position)")
            }
        }
    }
}
