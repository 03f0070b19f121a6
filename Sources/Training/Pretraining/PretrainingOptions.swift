import Corpora
import Options
import Tensors

/// Everything about a pretraining run but the model, the vocabulary and the text.
public struct PretrainingOptions: Configurable {
    /// One of the names of `objectives`; nil is masked words, with sentence order where examples are pairs for it. A value that
    /// is there changes the identity of a run, so that none is written for that.
    public var objective: String?
    /// Of replaced tokens; nil is the default.
    public var generator: GeneratorOptions?
    public var examples: ExampleOptions
    /// Sequences or tokens of one optimizer step.
    public var batch: BatchSize
    /// About the tokens of one forward and backward pass of a worker, or one sequence; the rest of the batch is accumulated.
    public var microBatchTokens: Int
    public var budget: Budget
    public var optimizer: OptimizerOptions
    public var schedule: ScheduleOptions
    public var evaluation: EvaluationOptions
    public var checkpoints: CheckpointOptions
    /// Shards of every batch, which ranks have, at least one each; part of the result's identity. Nil, as in runs of before there
    /// were any, is one.
    public var shards: Int?
    /// What the gradients of shards travel as between ranks; part of the result's identity. Nil is fp32.
    public var wire: Precision?
    /// Slices of every shard, which run at the same time; part of the result's identity.
    public var slices: Int
    /// Threads that the slices are spread over; never changes a result. 0 means one a core.
    public var threads: Int
    public var seed: UInt64
    /// What dense layers multiply; part of the result's identity.
    public var precision: Precision
    /// What computes; nil, as in runs of before there was a choice, is the CPU.
    public var device: DeviceChoice?
    /// About the tokens of one pass of a GPU; nil is 32,768.
    public var deviceTokens: Int?
    /// Whether the activations of blocks are computed once more for backward; never changes a result.
    public var recompute: Bool

    /// An hour in the batches of BERT.
    public init() { self.init(batch: .sequences(256), budget: .seconds(3600)) }

    public static var options: [Option<Self>] {
        Option(
            "objective", \.objective,
            .oneOf(objectives.map { ($0.name, $0.name == MaskedWords.name ? nil : $0.name) }) {
                $0 ?? MaskedWords.name
            },
            "what is learned from the text")
        Option(
            "generator.width", \.generator, GeneratorOptions.format,
            "of replacedTokens, the generator's share of the width")
        Option.group("examples", \.examples)
        Option("batch", \.batch, .batch, "size of an optimizer step").required
        Option(
            "microBatchTokens", \.microBatchTokens, 1...10_000_000,
            "approximate number of tokens in one pass of a worker")
        Option("budget", \.budget, .budget, "length of the run; the schedule is bound to it").required
        Option.group("optimizer", \.optimizer)
        Option.group("schedule", \.schedule)
        Option.group("evaluation", \.evaluation)
        Option.group("checkpoints", \.checkpoints)
        executionOptions(seeded: "weights, data order, masks and dropout")
    }

    public init(
        objective: String? = nil, generator: GeneratorOptions? = nil, examples: ExampleOptions = .init(),
        batch: BatchSize, microBatchTokens: Int = 2048, budget: Budget,
        optimizer: OptimizerOptions = .init(), schedule: ScheduleOptions = .init(),
        evaluation: EvaluationOptions = .init(), checkpoints: CheckpointOptions = .init(), shards: Int? = nil,
        slices: Int = 2, threads: Int = 0, seed: UInt64 = 1, precision: Precision = .fp32, recompute: Bool = false
    ) {
        (self.objective, self.generator) = (objective, generator)
        self.examples = examples
        self.batch = batch
        self.microBatchTokens = microBatchTokens
        self.budget = budget
        self.optimizer = optimizer
        self.schedule = schedule
        self.evaluation = evaluation
        self.checkpoints = checkpoints
        (self.shards, self.slices) = (shards, slices)
        self.threads = threads
        self.seed = seed
        self.precision = precision
        self.recompute = recompute
    }
}

/// How often the held-out text is evaluated, and on how much of it.
public struct EvaluationOptions: Configurable {
    /// Steps between evaluations; 0 evaluates at the end only.
    public var every: Int = 500
    /// Sequences of the held-out text, the same at every evaluation.
    public var sequences: Int = 512

    public init() {}

    public static var options: [Option<Self>] {
        Option("every", \.every, .steps, "steps between evaluations of the held-out text")
        Option("sequences", \.sequences, 1...1_000_000, "held-out sequences of an evaluation")
    }

}

/// How often a run is saved, and how many of its checkpoints stay.
public struct CheckpointOptions: Configurable {
    /// Steps between checkpoints, beside which every new best is saved; 0 saves those and the end.
    public var every: Int = 500
    /// The last so many are kept, and the best besides.
    public var keep: Int = 2

    public init() {}

    public static var options: [Option<Self>] {
        Option("every", \.every, .steps, "steps between checkpoints, beside every new best; 0 for those alone")
        Option("keep", \.keep, 1...1000, "last checkpoints that stay, beside the best")
    }

}
