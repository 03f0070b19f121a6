import Attention
import Bert
import Corpora
import Cuda
import Experiments
import Tensors
import Training

import enum Options.Spelling

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

    public var tokens: Int { batch * length }

    /// - Parameter name: of its attention.
    /// - Throws: `UsageError` where that is unknown or does not fit, or a number is out of its range.
    public func check(attention name: String) throws {
        guard TimedAttentions(length: length)[name]?.problems(headWidth: 64).isEmpty == true else {
            let names = TimedAttentions.names
            let hint = Spelling.hint(for: name, among: names)
            throw UsageError("--attention \(name)\(hint): wanted one of \(names.joined(separator: ", "))")
        }
        guard hidden % 64 == 0, [layers, hidden, batch, length].allSatisfy({ (1...65536).contains($0) }),
            (6...10_000_000).contains(vocabulary), microBatchTokens >= 0, (0...0.99).contains(attentionDropout)
        else {
            throw UsageError(
                "wanted numbers from 1 to 65536, --hidden a multiple of 64, --vocab 6 to 10000000, --attention-dropout below 1"
            )
        }
    }

    var encoder: EncoderOptions {
        EncoderOptions(
            layers: layers, width: hidden, heads: hidden / 64, intermediate: 4 * hidden, vocabulary: vocabulary,
            positions: max(512, length), attentionDropout: attentionDropout, attention: attention)
    }

    /// The same examples for every shape of these lengths.
    var examples: [PretrainingExample] {
        (0..<batch).map { sequence in
            let random = RandomStream(seed: 7).stream(UInt64(sequence))
            let ids = (0..<length).map { Int32(5 + Int(random.word(UInt32($0))) % (vocabulary - 5)) }
            let masked = (0..<length).filter { random.uniform(UInt32(length + $0)) < 0.15 }
            return PretrainingExample(
                ids: ids, segments: Array(repeating: 0, count: ids.count), maskedPositions: masked.map(Int32.init),
                maskedLabels: masked.map { ids[$0] }, isOrdered: nil)
        }
    }
}

/// A model of a shape, and the time of whole steps on it.
public final class TimedTraining {
    public let shape: TrainingShape
    /// Operations of a step's products.
    public let work: Double
    private let trainer: Trainer<MaskedWords>
    private let examples: PackedStep<MaskedWords>
    private let device: CudaDevice?

    /// Builds the model and warms it up.
    ///
    /// - Throws: `CudaError` where the shape's device cannot be used.
    public init(_ shape: TrainingShape) throws {
        self.shape = shape
        device = try shape.device.open()
        let options = PretrainingOptions(
            examples: ExampleOptions {
                $0.length = shape.length
                $0.sentenceOrder = false
            }, batch: .sequences(shape.batch),
            microBatchTokens: shape.microBatchTokens, budget: .steps(1000), slices: shape.slices,
            threads: shape.threads, precision: shape.precision, recompute: shape.recompute)
        trainer = Trainer(options, device: device) { MaskedWords(on: Encoder(shape.encoder, $0), $0) }
        // A run packs on a thread beside.
        examples = trainer.packer.pack(shape.examples)
        work = trainer.objective.work(shape.examples)
        _ = seconds(ofSteps: device == nil ? 2 : 5)
    }

    /// Seconds of each of `count` steps.
    public func seconds(ofSteps count: Int) -> [Double] {
        (0..<count).map { index in
            elapsed { _ = trainer.step(examples, index: index, of: 1000) }
        }
    }

    /// What it computes on, at its best.
    public func peak(_ workers: Workers) -> PeakSpeed {
        device == nil ? PeakSpeed.measure(workers, shape.precision) : trainer.model.weights.measuredPeak
    }

    /// Bytes of a GPU's memory.
    public var deviceBytes: Int? { device.map { _ in trainer.model.allocatedBytes } }

    /// Where a GPU's time of `count` steps goes, by kernel; in seconds of all.
    public func kernels(ofSteps count: Int) -> [KernelTimes.Row] {
        guard let device else { return [] }
        device.timeKernels(true)
        defer { device.timeKernels(false) }
        _ = seconds(ofSteps: count)
        return device.kernelTimes?.rows ?? []
    }

    /// Where the time of `count` steps goes, in seconds a step.
    public func profile(ofSteps count: Int) -> [StepProfile.Row] {
        let profile = StepProfile(threads: shape.threads)
        trainer.model.profile = profile
        defer { trainer.model.profile = nil }
        for index in 0..<count {
            let start = ContinuousClock.now
            _ = trainer.step(examples, index: index, of: 1000)
            profile.endStep(since: start)
        }
        return profile.rows
    }
}
