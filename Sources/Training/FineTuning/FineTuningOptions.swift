import Tasks
import Tensors

/// Which epoch stands for a run: the best on the dev set, or the last, which the dev set did not choose.
public enum EpochSelection: String, Sendable, Codable, CaseIterable {
    case best, last
}

/// Everything about fine-tuning but the task, its data and the checkpoint.
public struct FineTuningOptions: Sendable, Equatable, Codable {
    public var epochs: Int
    /// Sequences or tokens of one optimizer step.
    public var batch: BatchSize
    /// Longest input in tokens; longer ones lose tokens from their longer sentence.
    public var length: Int
    public var optimizer: OptimizerOptions
    public var schedule: ScheduleOptions
    /// Dropout on the pooled `[CLS]` before the classifier; nil takes the encoder's.
    public var classifierDropout: Float?
    /// ε of the smoothed labels; 0 for none.
    public var labelSmoothing: Float
    public var layers: LayerOptions
    /// The metrics whose mean is the score, which also chooses the epoch; nil for the task's own.
    public var metrics: [Metric]?
    /// Which epoch is kept and reported.
    public var selection: EpochSelection
    /// Stop after so many epochs without a better dev score; 0 never stops early.
    public var patience: Int
    /// Slices of every batch, which run at the same time; part of the result's identity.
    public var slices: Int
    /// Threads that the slices are spread over; never changes a result. 0 means one a core.
    public var threads: Int
    public var seed: UInt64
    /// What dense layers multiply; part of the result's identity.
    public var precision: Precision
    /// Whether the activations of blocks are computed once more for backward; never changes a result.
    public var recompute: Bool

    public init(
        epochs: Int = 3, batch: BatchSize = .sequences(32), length: Int = 128,
        optimizer: OptimizerOptions = .init(rate: 1e-4), schedule: ScheduleOptions = .init(warmup: .share(0.1)),
        classifierDropout: Float? = nil, labelSmoothing: Float = 0, layers: LayerOptions = LayerOptions(),
        metrics: [Metric]? = nil, selection: EpochSelection = .best,
        patience: Int = 0, slices: Int = 2, threads: Int = 0, seed: UInt64 = 1, precision: Precision = .fp32,
        recompute: Bool = false
    ) {
        self.epochs = epochs
        self.batch = batch
        self.length = length
        self.optimizer = optimizer
        self.schedule = schedule
        self.classifierDropout = classifierDropout
        self.labelSmoothing = labelSmoothing
        self.layers = layers
        self.metrics = metrics
        self.selection = selection
        self.patience = patience
        self.slices = slices
        self.threads = threads
        self.seed = seed
        self.precision = precision
        self.recompute = recompute
    }
}
