import Attention
import Autograd
import Bert
import Tensors

extension EncoderOptions {
    /// Two small blocks with weights large enough that everything matters.
    static func tiny(_ attention: AttentionChoice, dropout: Float = 0.1) -> EncoderOptions {
        EncoderOptions(
            layers: 2, width: 16, heads: 2, intermediate: 24, vocabulary: 31, positions: 20, dropout: dropout,
            attentionDropout: dropout, initializerRange: 0.15, attention: attention)
    }
}

extension AttentionChoice {
    static let all: [AttentionChoice] = [
        .softmax, .yosoExpectation(YosoExpectationOptions()),
        .convolved(width: 3, beside: .yoso(YosoOptions(hashes: 8, bits: 3))),
        .init(ValuesOnlyOptions()), .init(LinearOptions()), .init(PerformerOptions(features: 16)),
        .init(LinformerOptions(rank: 6, length: 20)),
        .convolved(width: 3, beside: .init(NystromOptions(landmarks: 4))), .init(LocalOptions(window: 2)),
        .init(MultiresolutionOptions(blocks: 1, isSparse: false)),
        .gfsa(order: 3, over: .softmax), .normalizedSoftmax, .init(FlowOptions()),
        .yoso(
            YosoOptions(
                hashes: 4, bits: nil, estimator: .conditional, kernelBits: 16, normalization: .mass, pairs: 16)),
        .yoso(YosoOptions(hashes: 8, bits: 3, estimator: .conditional, kernelBits: 8)),
    ]
}

/// A sequence with its place in the step, and what is predicted of it.
struct TinySequence {
    let key: UInt64
    let ids: [Int32]
    let segments: [Int32]
    /// Every third token is predicted, but none of the first sequence.
    var masked: [Int] { key == 0 ? [] : Array(stride(from: Int(key) % 3, to: ids.count, by: 3)) }
    /// Even ones are pairs.
    var isPair: Bool { key.isMultiple(of: 2) }

    init(key: UInt64, length: Int) {
        let stream = RandomStream(seed: 9).stream(key)
        self.key = key
        ids = (0..<length).map { Int32(stream.word(UInt32($0)) % 31) }
        segments = (0..<length).map { $0 > length / 2 ? 1 : 0 }
    }

    /// One of a single token, one of full length.
    static let all = zip(UInt64(0)..., [7, 1, 20, 3, 12, 7]).map { TinySequence(key: $0, length: $1) }
}

extension PretrainingBatch {
    init(_ sequences: [TinySequence]) {
        let layout = BatchLayout(lengths: sequences.map(\.ids.count), keys: sequences.map(\.key))
        let masked = sequences.enumerated().flatMap { index, sequence in
            sequence.masked.map { (row: layout.offsets[index] + $0, label: sequence.ids[$0]) }
        }
        let pairs = sequences.indices.filter { sequences[$0].isPair }
        self.init(
            tokens: PackedTokens(
                ids: sequences.flatMap(\.ids), segments: sequences.flatMap(\.segments), layout: layout),
            maskedRows: masked.map { Int32($0.row) }, maskedLabels: masked.map(\.label),
            orderSequences: pairs.map(Int32.init), orderLabels: pairs.map { Int32(sequences[$0].key / 2 % 2) })
    }
}
