import Autograd
import Options
import Tensors

/// What the loop needs to know of a run, whatever its objective.
public protocol TrainingOptions: Encodable, Sendable {
    var batch: BatchSize { get }
    var microBatchTokens: Int { get }
    var budget: Budget { get }
    var optimizer: OptimizerOptions { get }
    var schedule: ScheduleOptions { get }
    /// Of a budget of epochs every one of them is evaluated and saved.
    var evaluation: EvaluationOptions { get }
    var checkpoints: CheckpointOptions { get }
    var selection: EpochSelection { get }
    var patience: Int { get }
    var shards: Int? { get }
    var wire: Precision? { get }
    var slices: Int { get }
    var threads: Int { get }
    var seed: UInt64 { get }
    var precision: Precision { get }
    var device: DeviceChoice? { get }
    var deviceTokens: Int? { get }
    var recompute: Bool { get }

    /// The factor of the rate of a parameter of an encoder of `layers` blocks; one that has 0 stays as it is.
    func rate(of parameter: Parameter, layers: Int) -> Float
    /// These options with all that never changes a result at one value.
    var identity: Self { get }
}

extension TrainingOptions {
    public var cut: BatchCut { BatchCut(shards: shards ?? 1, slices: slices, microBatchTokens: microBatchTokens) }

    /// The same on a GPU, whose passes come one after the other and are to be large.
    public var deviceCut: BatchCut { BatchCut(slices: 1, microBatchTokens: deviceTokens ?? BatchCut.deviceTokens) }
}

extension PretrainingOptions: TrainingOptions {
    public var selection: EpochSelection { .best }
    public var patience: Int { 0 }
    public func rate(of parameter: Parameter, layers: Int) -> Float { 1 }
}

extension FineTuningOptions: TrainingOptions {
    /// Enough rows for full-speed products, few enough that activations stay in the last-level cache.
    public var microBatchTokens: Int { 2048 }
    public var budget: Budget { .epochs(epochs) }
    public var evaluation: EvaluationOptions { EvaluationOptions { ($0.every, $0.sequences) = (0, .max) } }
    public var checkpoints: CheckpointOptions { CheckpointOptions { ($0.every, $0.keep) = (0, 1) } }
    public func rate(of parameter: Parameter, layers: Int) -> Float { self.layers.rate(of: parameter, layers: layers) }
}
