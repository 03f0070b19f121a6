import Attention
import Bert
import Corpora
import Cuda
import Experiments
import Foundation
import Tensors
import Training

/// The work of a pretraining step: random tokens, 15% masked, no padding, clipping and AdamW, as a script of PyTorch does it.
public struct TrainingShape: Sendable {
    public var layers: Int
    public var hidden: Int
    public var vocabulary: Int
    /// Sequences a step, and tokens a sequence.
    public var batch: Int
    public var length: Int
    public var attention: AttentionChoice
    public var attentionDropout: Float
    public var precision: Precision
    public var microBatchTokens: Int
    public var recompute: Bool
    public var slices: Int
    public var threads: Int
    public var device: DeviceChoice
    /// Whether steps are those of a classifier on rows as long as SST-2's, up to `length`, with heads of 32.
    public var classifies = false

    public init(
        layers: Int, hidden: Int, vocabulary: Int, batch: Int, length: Int, attention: AttentionChoice,
        attentionDropout: Float, precision: Precision, microBatchTokens: Int, recompute: Bool,
        slices: Int, threads: Int, device: DeviceChoice = .cpu
    ) {
        self.device = device
        (self.layers, self.hidden, self.vocabulary) = (layers, hidden, vocabulary)
        (self.batch, self.length, self.attention) = (batch, length, attention)
        (self.attentionDropout, self.precision) = (attentionDropout, precision)
        (self.microBatchTokens, self.recompute) = (microBatchTokens, recompute)
        (self.slices, self.threads) = (slices, threads)
    }

    /// Of a step, on average.
    public var tokens: Int {
        classifies ? rows.reduce(0) { $0 + $1.reduce(0) { $0 + $1.ids.count } } / rows.count : batch * length
    }

    /// - Parameter name: of its attention.
    /// - Throws: `UsageError` where that is unknown or does not fit, or a number is out of its range.
    public func check(attention name: String) throws {
        try TimedAttentions(length: length).check(
            name, "--attention", "--length is \(length)", headWidth: 64, among: TimedAttentions.names)
        guard hidden % 64 == 0, [layers, hidden, batch, length].allSatisfy({ (1...65536).contains($0) }),
            (6...10_000_000).contains(vocabulary), (0...10_000_000).contains(microBatchTokens),
            (0...0.99).contains(attentionDropout)
        else {
            throw UsageError(
                "wanted numbers from 1 to 65536, --hidden a multiple of 64, --vocab 6 to 10000000, --attention-dropout below 1"
            )
        }
    }

    var encoder: EncoderOptions {
        EncoderOptions(
            layers: layers, width: hidden, heads: hidden / (classifies ? 32 : 64), intermediate: 4 * hidden,
            vocabulary: vocabulary,
            positions: max(512, length), attentionDropout: attentionDropout, attention: attention)
    }

    /// The same examples for every shape of these lengths.
    var examples: [PretrainingExample] {
        (0..<batch).map { sequence in
            let random = RandomStream(seed: 7).stream(UInt64(sequence))
            let ids = (0..<length).map { Int32(5 + Int(random.word(UInt32($0))) % (vocabulary - 5)) }
            let drawn = (0..<length).filter { random.uniform(UInt32(length + $0)) < 0.15 }
            // Every example that is trained on has one.
            let masked = drawn.isEmpty ? [0] : drawn
            return PretrainingExample(
                ids: ids, segments: Array(repeating: 0, count: ids.count), maskedPositions: masked.map(Int32.init),
                maskedLabels: masked.map { ids[$0] }, isOrdered: nil)
        }
    }
}

extension TrainingShape {
    /// Steps of rows of 2 + Poisson(9.4) random tokens, which are the words of SST-2 on average, of two classes.
    var rows: [[ClassificationExample]] {
        (0..<16).map { step in
            (0..<batch).map { row in
                let random = RandomStream(seed: 11).stream(UInt64(step)).stream(UInt64(row))
                // Knuth's way to draw from Poisson's distribution.
                var (count, product) = (0, random.uniform(0))
                while product > exp(-9.4) {
                    count += 1
                    product *= random.uniform(UInt32(count))
                }
                let ids = (0..<min(2 + count, length)).map {
                    Int32(5 + Int(random.word(UInt32(1000 + $0))) % (vocabulary - 5))
                }
                return ClassificationExample(
                    ids: ids, segments: ids.map { _ in 0 }, target: [Float(random.word(2000) % 2)])
            }
        }
    }
}

/// A model of a shape, and the time of whole steps on it.
public final class TimedTraining {
    public let shape: TrainingShape
    /// Operations of a step's products.
    public let work: Double
    private let model: SlicedModel
    private let step: (Int) -> Void
    private let device: CudaDevice?

    /// Builds the model and warms it up.
    ///
    /// - Throws: `CudaError` where the shape's device cannot be used.
    public init(_ shape: TrainingShape) throws {
        self.shape = shape
        device = try shape.device.open()
        // A run packs on a thread beside.
        if shape.classifies {
            let (encoder, rows) = (shape.encoder, shape.rows)
            var options = FineTuningOptions()
            (options.slices, options.threads) = (shape.slices, shape.threads)
            (options.precision, options.recompute) = (shape.precision, shape.recompute)
            let trainer = Trainer(options, device: device) {
                Classification(encoder, .classes(["0", "1"]), FineTuningOptions(), $0)
            }
            let steps = rows.map(trainer.packer.pack)
            work = steps.reduce(0) { $0 + $1.work } / Double(steps.count)
            step = { _ = trainer.step(steps[$0 % steps.count], index: $0, of: 1000) }
            model = trainer.model
        } else {
            let options = PretrainingOptions(
                examples: ExampleOptions {
                    $0.length = shape.length
                    $0.sentenceOrder = false
                }, batch: .sequences(shape.batch),
                microBatchTokens: shape.microBatchTokens, budget: .steps(1000), slices: shape.slices,
                threads: shape.threads, precision: shape.precision, recompute: shape.recompute)
            let trainer = Trainer(options, device: device) { MaskedWords(on: Encoder(shape.encoder, $0), $0) }
            let examples = trainer.packer.pack(shape.examples)
            work = examples.work
            step = { _ = trainer.step(examples, index: $0, of: 1000) }
            model = trainer.model
        }
        _ = seconds(ofSteps: device == nil ? 2 : CudaDevice.warmUpSteps)
    }

    /// Seconds of each of `count` steps.
    public func seconds(ofSteps count: Int) -> [Double] {
        (0..<count).map { index in
            elapsed { step(index) }
        }
    }

    /// What it computes on, at its best.
    public func peak(_ workers: Workers) -> PeakSpeed {
        device == nil ? PeakSpeed.measure(workers, shape.precision) : model.weights.measuredPeak
    }

    /// Bytes of a GPU's memory.
    public var deviceBytes: Int? { device.map { _ in model.allocatedBytes } }

    /// Where a GPU's time of `count` steps goes, by kernel; in seconds of all.
    public func kernels(ofSteps count: Int) -> [KernelTimes.Row] {
        device?.kernelTimes { _ = seconds(ofSteps: count) } ?? []
    }

    /// Where the time of `count` steps goes, in seconds a step.
    public func profile(ofSteps count: Int) -> [StepProfile.Row] {
        let profile = StepProfile(threads: shape.threads)
        model.profile = profile
        defer { model.profile = nil }
        for index in 0..<count {
            let start = ContinuousClock.now
            step(index)
            profile.endStep(since: start)
        }
        return profile.rows
    }
}
