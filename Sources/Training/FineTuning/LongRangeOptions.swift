import Autograd
import Options
import Tensors

/// Everything about learning a task of the Long Range Arena from random weights but the task, its files and the encoder.
public struct LongRangeOptions: Configurable {
    /// Sequences or tokens of one optimizer step.
    public var batch: BatchSize = .sequences(32)
    /// About the tokens of one forward and backward pass of a worker, or one sequence.
    public var microBatchTokens: Int = 2048
    public var budget: Budget = .steps(5000)
    public var optimizer: OptimizerOptions = OptimizerOptions(decay: 0)
    public var schedule: ScheduleOptions = ScheduleOptions(warmup: .share(0.1))
    /// Dropout before and inside of the classifier.
    public var classifierDropout: Float = 0.1
    /// Steps between evaluations of the dev rows, of which the best is kept; 0 evaluates at the end only.
    public var every: Int = 500
    /// Of the dev rows so many choose; 0 for all.
    public var devRows: Int = 0
    /// Of the test rows so many are scored at the end; 0 for all.
    public var testRows: Int = 0
    public var checkpoints: CheckpointOptions = CheckpointOptions()
    /// Shards of every batch, which ranks have, at least one each; part of the result's identity. Nil, as in runs of before there
    /// were any, is one.
    public var shards: Int?
    /// What the gradients of shards travel as between ranks; part of the result's identity. Nil is fp32.
    public var wire: Precision?
    /// Slices of every shard, which run at the same time; part of the result's identity.
    public var slices: Int = 2
    /// Threads that the slices are spread over; never changes a result. 0 means one a core.
    public var threads: Int = 0
    public var seed: UInt64 = 1
    /// What dense layers multiply; part of the result's identity.
    public var precision: Precision = .fp32
    /// What computes; nil, as in runs of before there was a choice, is the CPU.
    public var device: DeviceChoice?
    /// About the tokens of one pass of a GPU; nil is 32,768.
    public var deviceTokens: Int?
    /// Whether the activations of blocks are computed once more for backward; never changes a result.
    public var recompute: Bool = false

    public init() {}

    public static var options: [Option<Self>] {
        Option("batch", \.batch, .batch, "size of an optimizer step").required
        Option(
            "microBatchTokens", \.microBatchTokens, 1...10_000_000,
            "approximate number of tokens in one pass of a worker")
        Option("budget", \.budget, .budget, "length of the run; the schedule is bound to it").required
        Option.group("optimizer", \.optimizer)
        Option.group("schedule", \.schedule)
        Option("classifierDropout", \.classifierDropout, 0...0.99, "dropout before the classifier and inside of it")
        Option("evaluation.every", \.every, .steps, "steps between evaluations of the dev rows; the best one is kept")
        Option(
            "evaluation.rows", \.devRows, .integer(1...10_000_000, orZeroAs: "all"),
            "dev rows of an evaluation, drawn by a fixed seed")
        Option(
            "evaluation.testRows", \.testRows, .integer(1...10_000_000, orZeroAs: "all"),
            "test rows that are scored at the end, drawn by a fixed seed")
        Option.group("checkpoints", \.checkpoints)
        executionOptions(seeded: "weights, data order and dropout")
    }
}

extension LongRangeOptions: TrainingOptions {
    /// The dev rows are drawn before they are encoded.
    public var evaluation: EvaluationOptions { EvaluationOptions { ($0.every, $0.sequences) = (every, .max) } }
    public var selection: EpochSelection { .best }
    public var patience: Int { 0 }
    public func rate(of parameter: Parameter, layers: Int) -> Float { 1 }

    /// These options with all that never changes a result at one value.
    public var identity: LongRangeOptions {
        var identity = self
        (identity.threads, identity.recompute, identity.checkpoints) = (0, false, CheckpointOptions())
        (identity.testRows, identity.device, identity.deviceTokens) = (0, nil, nil)
        return identity
    }
}
