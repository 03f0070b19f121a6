import Attention
import Autograd
import Bert
import Corpora
import Tensors
import Training

extension EncoderOptions {
    /// Two small blocks with weights large enough that everything matters.
    static func tiny(_ attention: AttentionChoice, dropout: Float = 0.1) -> EncoderOptions {
        EncoderOptions(
            layers: 2, width: 16, heads: 2, intermediate: 24, vocabulary: 31, positions: 20, dropout: dropout,
            attentionDropout: dropout, initializerRange: 0.15, attention: attention)
    }
}

extension EncoderOptions {
    /// Every attention, and every choice of the rest.
    static let all: [EncoderOptions] =
        AttentionChoice.all.map { tiny($0) }
        + [AttentionChoice.softmax, .yosoExpectation(YosoExpectationOptions())].map { attention in
            var options = tiny(attention)
            (options.norm, options.pooling, options.initialization) = (.pre, .mean, .uniform)
            options.embeddingNorm = options.hasPooler
            options.head = options.hasPooler ? .dense : .pooler
            return options
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

    var example: PretrainingExample {
        PretrainingExample(
            ids: ids, segments: segments, maskedPositions: masked.map(Int32.init), maskedLabels: masked.map { ids[$0] },
            isOrdered: isPair ? key / 2 % 2 == 0 : nil)
    }

    /// One of a single token, one of full length.
    static let all = zip(UInt64(0)..., [7, 1, 20, 3, 12, 7]).map { TinySequence(key: $0, length: $1) }
}

extension Batch<PretrainingExample> {
    init(_ sequences: [TinySequence]) { self.init(sequences.map(\.example), keys: sequences.map(\.key)) }

    /// The packed rows of every other token.
    var everyOther: [Int32] {
        (0..<tokens.layout.count).flatMap { sequence in
            let rows = tokens.layout.rows(sequence)
            return stride(from: rows.lowerBound, to: rows.upperBound, by: 2).map(Int32.init)
        }
    }
}

/// An encoder with both heads of pretraining.
typealias TinyObjective = Sum<MaskedWords, SentenceOrder>

extension TinyObjective {
    init(_ options: EncoderOptions, _ layout: ParameterLayout) {
        self.init(on: Encoder(options, layout), layout)
    }

    /// One pass with a loss as if these were the sequences of the whole step.
    func pass(_ sequences: [TinySequence], of whole: [TinySequence], _ tape: Tape) -> (loss: Variable, counts: Counts) {
        let (loss, counts) = pass(Batch(sequences), of: count(whole.map(\.example)), tape)
        return (loss, counts())
    }
}
