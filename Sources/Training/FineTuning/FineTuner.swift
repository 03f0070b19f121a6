import Autograd
import Bert
import Foundation
import Tasks
import Tensors

/// A classifier in fine-tuning: one optimizer step at a time.
public final class FineTuner {
    public let classifier: Classifier
    public let sliced: SlicedModel
    private let target: Target
    private let options: FineTuningOptions
    private let random: RandomStream

    /// A model without weights, which `begin` or a checkpoint brings.
    public init(_ encoder: EncoderOptions, _ target: Target, _ options: FineTuningOptions) {
        classifier = Classifier(encoder, outputs: target.outputs, options, trains: true)
        sliced = SlicedModel(classifier.weights, optimizer: options.optimizer, recomputes: options.recompute) {
            options.layers.rate(of: $0, layers: encoder.layers)
        }
        (self.target, self.options) = (target, options)
        random = RandomStream(seed: options.seed).stream("dropout")
    }

    /// Reads a pretrained encoder from a Hugging Face folder and its pooler where there is one, but for the layers that are to
    /// begin afresh, and draws all that was not read; without a folder everything.
    ///
    /// - Returns: the names of the parameters that were drawn.
    /// - Throws: `CheckpointError` where the folder is damaged or holds another encoder.
    @discardableResult
    public func begin(from folder: URL?) throws -> [String] {
        let drawn =
            try folder.map { folder in
                try ModelFolder.read(folder, into: sliced.parameters, sliced.layout) {
                    Self.demand($0, options, layers: classifier.model.options.layers)
                }
            } ?? sliced.layout.parameters.map(\.name)
        sliced.layout.draw(
            sliced.layout.parameters.filter { drawn.contains($0.name) }, into: sliced.parameters, seed: options.seed,
            each: sliced.workers.each)
        return drawn
    }

    /// Compares a pretrained folder with a classifier on `encoder`, before memory is taken for it.
    ///
    /// - Returns: the tensors that `begin` does not read.
    public static func check(
        _ folder: URL, _ encoder: EncoderOptions, outputs: Int, _ options: FineTuningOptions
    ) throws -> UnusedTensors {
        try ModelFolder.check(folder, encoder, { demand($0, options, layers: encoder.layers) }) {
            _ = ClassificationModel(encoder, outputs: outputs, $0)
        }
    }

    private static func demand(
        _ parameter: Parameter, _ options: FineTuningOptions, layers: Int
    ) -> ModelFolder.Demand {
        if parameter.name.hasPrefix("classifier") { return .ignored }
        if options.layers.isFresh(parameter, layers: layers) { return .ignored }
        return parameter.name.hasPrefix("bert.pooler") ? .optional : .required
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
        let model = classifier.model
        let parts = classifier.cut.parts(of: examples.map(\.ids.count))
        let losses = sliced.accumulate(parts, random: random.stream(UInt64(index))) { range, tape in
            let part = examples[range]
            let logits = model.logits(PackedTokens(part), tape)
            let loss = logits.loss(
                of: target, part.map(\.target), weight: weight, smoothing: options.labelSmoothing)
            return (loss.variable, loss.sum)
        }
        let rate = sliced.optimizer.options.rate * options.schedule.factor(step: index, of: total)
        let loss = losses.reduce(0, +) / Double(examples.count)
        let step = Step(loss: loss, gradientNorm: sliced.reduceGradients(), rate: rate)
        if step.isFinite { sliced.update(norm: step.gradientNorm, rate: rate) }
        return step
    }
}
