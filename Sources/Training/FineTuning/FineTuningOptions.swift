import Options
import Tasks
import Tensors

/// Which epoch stands for a run: the best on the dev set, or the last, which the dev set did not choose.
public enum EpochSelection: String, Sendable, Codable, CaseIterable {
    case best, last
}

/// Everything about fine-tuning but the task, its data and the checkpoint.
public struct FineTuningOptions: Configurable {
    public var epochs: Int = 3
    /// Sequences or tokens of one optimizer step.
    public var batch: BatchSize = .sequences(32)
    /// Longest input in tokens; longer ones lose tokens from their longer sentence, and those of words are read in pieces.
    public var length: Int = 128
    public var optimizer: OptimizerOptions = OptimizerOptions()
    public var schedule: ScheduleOptions = ScheduleOptions(warmup: .share(0.1))
    /// Dropout on the pooled `[CLS]` before the classifier.
    public var classifierDropout: Float = 0.1
    /// Dropout of the encoder's layers and of its softmax weights while it is tuned; nil is the checkpoint's.
    public var dropout: Float?
    public var attentionDropout: Float?
    /// ε of smoothed classes, of a row or a word; 0 for none.
    public var labelSmoothing: Float = 0
    public var layers: LayerOptions = LayerOptions()
    /// The metrics whose mean is the score, which also chooses the epoch; nil for the task's own.
    public var metrics: [Metric]? = nil
    /// Which epoch is kept and reported.
    public var selection: EpochSelection = .best
    /// Stop after so many epochs without a better dev score; 0 never stops early.
    public var patience: Int = 0
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
        Option("epochs", \.epochs, 1...10000, "passes over the training rows")
        Option("batch", \.batch, .batch, "size of an optimizer step")
        Option("length", \.length, 8...65535, "longest input in tokens; longer ones are cut")
        Option("classifierDropout", \.classifierDropout, 0...0.99, "dropout before the classifier")
        Option(
            "dropout", \.dropout, .number(0...0.99, or: "checkpoint"), "of the encoder; checkpoint: as that says")
        Option(
            "attentionDropout", \.attentionDropout, .number(0...0.99, or: "checkpoint"),
            "of softmax weights; checkpoint: as that says")
        Option(
            "labelSmoothing", \.labelSmoothing, 0...0.99,
            "share of the target that all classes divide evenly; each of several labels moves so far towards 0.5; not for values"
        )
        Option.group("layers", \.layers)
        Option(
            "score", \.metrics,
            .oneOf([("auto", nil)] + Metric.choices.map { ($0.rawValue, [$0]) }) { $0?.first?.rawValue ?? "auto" },
            "the metric that is the score and chooses the epoch; auto is the mean of the task's own")
        Option("selection", \.selection, "the epoch that is kept: the best on the dev set, or the last")
        Option("patience", \.patience, 0...10000, "epochs without a better dev score before stopping; 0 never stops")
        Option.group("optimizer", \.optimizer)
        Option.group("schedule", \.schedule)
        executionOptions(seeded: "weights, data order, masks and dropout")
    }

}
