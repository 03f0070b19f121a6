import Autograd
import Bert
import Corpora
import Foundation
import Tensors

/// A model in pretraining: one optimizer step at a time, and evaluation.
public final class Pretrainer {
    public let model: PretrainingModel
    public let sliced: SlicedModel
    private let schedule: ScheduleOptions
    private let cut: BatchCut
    private let random: RandomStream

    public init(_ encoder: EncoderOptions, _ options: PretrainingOptions) {
        let layout = ParameterLayout()
        model = PretrainingModel(encoder, sentenceOrder: options.examples.sentenceOrder, layout)
        let weights = ModelWeights(
            layout, seed: options.seed, slices: options.slices, workers: Workers(threads: options.threads),
            precision: options.precision, backward: true)
        sliced = SlicedModel(weights, optimizer: options.optimizer, recomputes: options.recompute)
        schedule = options.schedule
        cut = BatchCut(slices: options.slices, microBatchTokens: options.microBatchTokens)
        random = RandomStream(seed: options.seed).stream("dropout")
    }

    /// Lets the words begin with the logits of their shares of the text, `log((count + 1) / (Σ count + vocabulary))`.
    ///
    /// From zero, all the rare words must first be made unlikely, which the tied embeddings do by drifting in one common
    /// direction; that drowns positions and meanings, and holds a short run up for most of its time.
    public func beginWithShares(of tokenCounts: [Int]) {
        let bias = sliced.parameters.view(of: model.wordBias)
        precondition(tokenCounts.count == bias.count, "\(tokenCounts.count) counts for \(bias.count) words")
        let total = Double(tokenCounts.reduce(0, +) + tokenCounts.count)
        bias.copy(from: tokenCounts.map { Float(log(Double($0 + 1) / total)) })
    }

    /// What one step gave.
    public struct Step: Sendable {
        public let counts: PretrainingCounts
        /// Before clipping.
        public let gradientNorm: Double
        public let rate: Float
        public var isFinite: Bool { counts.loss.isFinite && gradientNorm.isFinite }
    }

    /// Step `index` (from 0) of `total` on `examples`: forward, backward, clipping and AdamW.
    ///
    /// Losses are sums over the whole step divided once by its counts. A step whose loss or gradients are not finite
    /// changes no parameter.
    public func step(_ examples: [PretrainingExample], index: Int, of total: Int) -> Step {
        let weights = PretrainingWeights(of: examples)
        let parts = cut.parts(of: examples.map(\.ids.count))
        let counts = sliced.accumulate(parts, random: random.stream(UInt64(index))) { range, tape in
            let loss = model.loss(PretrainingBatch(examples[range]), weights, tape)
            return (loss.total, PretrainingCounts(loss))
        }
        let rate = sliced.optimizer.options.rate * schedule.factor(step: index, of: total)
        let step = Step(counts: counts.sum, gradientNorm: sliced.reduceGradients(), rate: rate)
        if step.isFinite { sliced.update(norm: step.gradientNorm, rate: rate) }
        return step
    }

    /// Losses and accuracies on `examples`, without dropout.
    public func evaluate(_ examples: [PretrainingExample]) -> PretrainingCounts {
        let weights = PretrainingWeights(of: examples)
        let parts = cut.parts(of: examples.map(\.ids.count)).flatMap { $0 }
        return sliced.weights.infer(parts) { range, tape in
            PretrainingCounts(model.loss(PretrainingBatch(examples[range]), weights, tape))
        }.sum
    }
}

extension [PretrainingCounts] {
    /// All of them added up, in order.
    var sum: PretrainingCounts { reduce(into: PretrainingCounts()) { $0 += $1 } }
}
