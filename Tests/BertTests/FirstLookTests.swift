import Attention
import Autograd
import Foundation
import Tensors
import Testing

@testable import Bert

/// What a fresh encoder attends to.
@Suite struct FirstLookTests {
    private static let offsets = [-1, 1, -2, 2]

    /// Mean scores q · k of a head, over many random words, are largest where its neighbour stands.
    @Test func everyHeadOfAFreshEncoderLooksAtItsNeighbour() {
        let (length, count) = (24, 40)
        let projections = FreshProjections(sequences: count, of: length)
        for (head, offset) in Self.offsets.enumerated() {
            for position in 4..<length - 4 {
                let scores = (0..<length).map { other in
                    (0..<count).reduce(0) { sum, sequence in
                        sum + projections.score(head, sequence * length + position, sequence * length + other)
                    }
                }
                let best = scores.indices.max { scores[$0] < scores[$1] }
                #expect(best == position + offset, "head \(head), position \(position)")
            }
        }
    }

    /// In a long sequence too, or a short run never finds out that neighbours matter.
    @Test func aNeighbourGetsMostOfTheAttentionAmong512Tokens() {
        let length = 512
        let projections = FreshProjections(sequences: 1, of: length)
        for (head, offset) in Self.offsets.enumerated() {
            let positions = stride(from: 4, to: length - 4, by: 16)
            let shares = positions.map { position -> Float in
                let weights = (0..<length).map { exp(projections.score(head, position, $0) / 8) }
                return weights[position + offset] / weights.reduce(0, +)
            }
            #expect(shares.reduce(0, +) / Float(shares.count) > 0.8, "head \(head)")
        }
    }

    /// Of an encoder that is narrower than the embeddings it shares too.
    @Test(arguments: [(width: 64, heads: 1), (128, 2), (192, 3)])
    func aNarrowEncoderLooksAtNeighboursToo(narrow: (width: Int, heads: Int)) {
        let length = 64
        for layer in 0..<2 {
            let projections = FreshProjections(sequences: 1, of: length, narrow: narrow, layer: layer)
            let offsets = narrow.heads == 1 ? [layer == 0 ? -1 : 1] : Array(Self.offsets.prefix(narrow.heads))
            for (head, offset) in offsets.enumerated() {
                let shares = (4..<length - 4).map { position -> Float in
                    let weights = (0..<length).map { exp(projections.score(head, position, $0) / 8) }
                    return weights[position + offset] / weights.reduce(0, +)
                }
                let share = shares.reduce(0, +) / Float(shares.count)
                #expect(share > (layer == 0 ? 0.75 : 0.35), "layer \(layer), head \(head): \(share)")
            }
        }
    }

    /// As BERT's: no head looks anywhere, and no table begins with zeros.
    @Test func normalWeightsAreAllOfOneDeviation() {
        var options = EncoderOptions.tiny(.yosoExpectation(YosoExpectationOptions()))
        (options.width, options.initialization) = (64, .normal)
        let (layout, pool) = (ParameterLayout(), StoragePool())
        _ = Encoder(options, layout)
        let block = layout.initialBlock(seed: 1, from: pool)
        let weights = layout.parameters.filter { $0.shape.count == 2 && $0.count > 1000 }
        #expect(weights.count == 14, "two tables, and six weights a block")
        for weight in weights {
            let values = block.view(at: weight.offset, rows: 1, columns: weight.count).values
            let deviation = (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
            #expect(abs(deviation / options.initializerRange - 1) < 0.1, "\(weight.name): \(deviation)")
        }
    }

    /// As PyTorch's dense layers begin, weights and biases; embeddings as BERT's.
    @Test func uniformWeightsFillTheirBounds() throws {
        var options = EncoderOptions.tiny(.yosoExpectation(YosoExpectationOptions()))
        (options.width, options.intermediate, options.initialization) = (64, 1024, .uniform)
        let (layout, pool) = (ParameterLayout(), StoragePool())
        _ = ClassificationModel(options, outputs: 2, layout)
        let block = layout.initialBlock(seed: 1, from: pool)
        let isDense = { (name: String) in !name.contains("LayerNorm") && !name.contains("embeddings") }
        let names = layout.parameters.map(\.name).filter(isDense)
        #expect(names.count == 2 * (2 * 6 + 2), "weight and bias of six layers a block and of two of the head")
        for parameter in layout.parameters where isDense(parameter.name) {
            let weight = parameter.name.replacingOccurrences(of: ".bias", with: ".weight")
            let inputs = try #require(layout.parameters.first { $0.name == weight }).columns
            let bound = 1 / Float(inputs).squareRoot()
            let values = block.view(at: parameter.offset, rows: 1, columns: parameter.count).values
            #expect(values.allSatisfy { abs($0) < bound }, "\(parameter.name)")
            guard values.count >= 64 else { continue }
            let variance = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
            let error = 4 * (0.8 / Float(values.count)).squareRoot()
            #expect(abs(3 * variance / (bound * bound) - 1) < error, "\(parameter.name): \(variance)")
            #expect((values.max() ?? 0) > 0.8 * bound && (values.min() ?? 0) < -0.8 * bound, "\(parameter.name)")
        }
        let words = try #require(layout.parameters.first { $0.name.contains("word_embeddings") })
        let values = block.view(at: words.offset, rows: 1, columns: words.count).values
        #expect(values.contains { abs($0) > 2 * options.initializerRange })
    }

    /// Unit rows of YOSO are several times smaller than values, and its block must read them accordingly.
    @Test(arguments: [
        AttentionChoice.softmax, .yosoExpectation(YosoExpectationOptions()), .yoso(YosoOptions()),
        .convolved(width: 33, beside: .yoso(YosoOptions())),
    ])
    func attentionChangesAFreshResidual(attention: AttentionChoice) {
        let change = FreshProjections(sequences: 1, of: 64, attention).rootMeanSquareOfAttended()
        #expect(change > 0.25 && change < 1, "\(change)")
    }
}

/// Queries, keys and values of the first block of a fresh encoder, 4 heads of 64, over random words.
private struct FreshProjections {
    private let values: [Float]
    private let columns: Int
    /// Which the projections do not keep.
    private let tape: Tape
    private let projections: Variable
    private let sequences: BatchLayout
    private let block: EncoderBlock

    /// - Parameter narrow: an encoder of this shape on the embeddings of the other.
    init(
        sequences count: Int, of length: Int, _ attention: AttentionChoice = .softmax,
        narrow: (width: Int, heads: Int)? = nil, layer: Int = 0
    ) {
        var options = EncoderOptions(
            layers: 2, width: 256, heads: 4, intermediate: 64, vocabulary: 500, positions: length, dropout: 0,
            attentionDropout: 0, initializerRange: 0.04, attention: attention)
        let pool = StoragePool()
        let parameters = ParameterLayout()
        var encoder = Encoder(options, parameters, embeddingUses: narrow == nil ? 1 : 2)
        if let narrow {
            options.initializerRange *= (256 / Float(narrow.width)).squareRoot()
            (options.width, options.heads) = narrow
            encoder = Encoder(options, sharing: encoder, parameters.scope("narrow"))
        }
        let words = RandomStream(seed: 4)
        let ids = (0..<length * count).map { Int32(words.word(UInt32($0)) % 500) }
        sequences = BatchLayout(lengths: Array(repeating: length, count: count))
        let tokens = PackedTokens(ids: ids, segments: ids.map { _ in 0 }, layout: sequences)
        block = encoder.blocks[layer]
        tape = Tape(parameters: parameters.initialBlock(seed: 1, from: pool), mode: .inference, pool: pool)
        projections = encoder.projections(tokens, layer: layer, tape)
        (values, columns) = (projections.value.values, projections.columns)
    }

    /// q · k of two rows.
    func score(_ head: Int, _ query: Int, _ key: Int) -> Float {
        let (q, k) = (query * columns + head * 64, key * columns + columns / 3 + head * 64)
        return (0..<64).reduce(0) { $0 + values[q + $1] * values[k + $1] }
    }

    /// Of the heads' outputs behind the output weights: what is added to a residual of 1.
    func rootMeanSquareOfAttended() -> Float {
        let attended = block.attentionOutput(block.attention(projections, sequences)).value
        return (attended.values.reduce(0) { $0 + $1 * $1 } / Float(attended.count)).squareRoot()
    }
}
