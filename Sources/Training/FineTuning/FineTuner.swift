import Autograd
import Bert
import Foundation
import Tensors

/// A classifier in fine-tuning: one optimizer step at a time, and prediction.
public final class FineTuner {
    public let model: ClassificationModel
    public let sliced: SlicedModel
    private let options: FineTuningOptions
    private let cut: BatchCut
    private let random: RandomStream

    /// A fresh model; `outputs` is the number of classes, or 1 for regression.
    public init(_ encoder: EncoderOptions, outputs: Int, _ options: FineTuningOptions) {
        let layout = ParameterLayout()
        model = ClassificationModel(encoder, outputs: outputs, dropout: options.classifierDropout, layout)
        sliced = SlicedModel(
            layout, seed: options.seed, optimizer: options.optimizer, slices: options.slices,
            workers: Workers(threads: options.threads), precision: options.precision, recomputes: options.recompute
        ) { options.layers.rate(of: $0, layers: encoder.layers) }
        self.options = options
        cut = BatchCut(slices: options.slices, microBatchTokens: Self.microBatchTokens)
        random = RandomStream(seed: options.seed).stream("dropout")
    }

    /// Enough rows for full-speed products, few enough that activations stay in the last-level cache.
    private static let microBatchTokens = 2048

    /// Reads a pretrained encoder from a Hugging Face folder, its pooler where there is one, and, on request, its classifier;
    /// without that, the layers that are to begin afresh are not read either.
    ///
    /// - Returns: the parameters that were not read and stay random.
    /// - Throws: `CheckpointError` where the folder is damaged or holds another encoder.
    public func load(_ folder: URL, withClassifier: Bool) throws -> [String] {
        try ModelFolder.read(folder, into: sliced.parameters, sliced.layout) { parameter in
            if !withClassifier, options.layers.isFresh(parameter, layers: model.options.layers) { return .ignored }
            if parameter.name.hasPrefix("classifier") { return withClassifier ? .optional : .ignored }
            return parameter.name.hasPrefix("bert.pooler") ? .optional : .required
        }
    }

    /// What one step gave.
    public struct Step: Sendable {
        /// Mean loss of the step's rows.
        public let loss: Double
        /// Before clipping.
        public let gradientNorm: Double
        public let rate: Float
        public var isFinite: Bool { loss.isFinite && gradientNorm.isFinite }
    }

    /// Step `index` (from 0) of `total` on `examples`: forward, backward, clipping and AdamW.
    ///
    /// A step whose loss or gradients are not finite changes no parameter.
    public func step(_ examples: [ClassificationExample], index: Int, of total: Int) -> Step {
        let weight = 1 / Float(examples.count)
        let parts = cut.parts(of: examples.map(\.ids.count))
        let losses = sliced.accumulate(parts, random: random.stream(UInt64(index))) { range, tape in
            let part = examples[range]
            let logits = model.logits(PackedTokens(part), tape)
            let loss =
                model.outputs == 1
                ? logits.squaredError(part.map(\.target), weight: weight)
                : logits.crossEntropy(
                    part.map { Int32($0.target) }, weight: weight, smoothing: options.labelSmoothing)
            return (loss.variable, loss.sum)
        }
        let rate = sliced.optimizer.options.rate * options.schedule.factor(step: index, of: total)
        let loss = losses.reduce(0, +) / Double(examples.count)
        let step = Step(loss: loss, gradientNorm: sliced.reduceGradients(), rate: rate)
        if step.isFinite { sliced.update(norm: step.gradientNorm, rate: rate) }
        return step
    }

    /// Logits of every example, in order, without dropout.
    public func predict(_ examples: [ClassificationExample]) -> [[Float]] {
        // By length, so that micro-batches hold tokens of like sequences; the answer is in the caller's order.
        let order = examples.indices.sorted { (examples[$0].ids.count, $0) < (examples[$1].ids.count, $1) }
        let sorted = order.map { examples[$0] }
        let parts = cut.parts(of: sorted.map(\.ids.count)).flatMap { $0 }
        let rows = sliced.infer(parts) { range, tape in
            let logits = model.logits(PackedTokens(sorted[range]), tape).value
            return (0..<logits.rows).map {
                logits.view(at: $0 * logits.columns, rows: 1, columns: logits.columns).values
            }
        }.flatMap { $0 }
        var predictions = [[Float]](repeating: [], count: examples.count)
        for (index, row) in zip(order, rows) { predictions[index] = row }
        return predictions
    }
}

/// One encoded row of a task.
public struct ClassificationExample: Sendable, Equatable {
    public let ids: [Int32]
    public let segments: [Int32]
    /// The class, or the value of a regression.
    public let target: Float

    public init(ids: [Int32], segments: [Int32], target: Float) {
        self.ids = ids
        self.segments = segments
        self.target = target
    }
}

extension PackedTokens {
    init(_ examples: ArraySlice<ClassificationExample>) {
        self.init(
            ids: examples.flatMap(\.ids), segments: examples.flatMap(\.segments),
            layout: BatchLayout(lengths: examples.map(\.ids.count), keys: examples.indices.map(UInt64.init)))
    }
}
