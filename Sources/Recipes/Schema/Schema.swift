import Attention
import Corpora
import Tasks
import Tensors
import Training

/// The keys of one kind of recipe, in the order in which they are explained.
struct Schema: Sendable {
    /// The value of the key `kind`, and what such a recipe is called in messages.
    let kind: String
    let fields: [Field]

    static let pretraining = Schema(
        kind: "pretraining",
        fields: [
            Field("kind", .oneOf(["pretraining", "finetuning"]), nil, "what the recipe is for"),
            Field("name", .text, nil, "the name of the run, and of its folder below Checkpoints"),
            Field("vocabulary", .text, nil, "folder of the tokenizer"),
            Field(
                "checkpoint", .text, "none", "pretrained folder to begin with; positions beyond its own repeat those"),
            Field("corpus.text", .texts, "none", "text files or folders; sample is the generator that ships"),
            Field("corpus.heldOut", .share, "1%", "share of the documents that is never trained on"),
            Field("model.layers", .integer(1...1000), nil, "encoder blocks"),
            Field("model.width", .integer(1...65536), nil, "hidden width of a token"),
            Field("model.heads", .integer(1...1024), nil, "attention heads; divides the width"),
            Field("model.intermediate", .integer(1...1_000_000), nil, "width of the feed-forward layer"),
            Field("model.positions", .integer(8...1_000_000), "512", "longest sequence in tokens"),
            Field("model.vocabulary", .integerOrAuto(8...10_000_000), "auto", "ids; auto takes the tokenizer's"),
            Field("model.attention", .variants(attentions), "softmax", "self-attention, with its own keys below"),
            Field(
                "model.filterOrder", .integer(0...AttentionRanges.filterOrder.upperBound), "0",
                "order of a GFSA filter over the attention; 0 for none"),
            Field("model.dropout", .number(0...0.99), "0.1", "probability of dropping an element of a layer"),
            Field("model.attentionDropout", .number(0...0.99), "0.1", "probability of dropping a softmax weight"),
            Field("model.normEpsilon", .number(1e-30...1), "1e-12", "epsilon of the layer norms"),
            Field("model.initializerRange", .number(0...10), "0.02", "standard deviation of initial weights"),
            Field("examples.length", .integer(8...65535), "128", "tokens of a full example"),
            Field("examples.shortShare", .share, "10%", "share of examples packed to a shorter random length"),
            Field("examples.sentenceOrder", .boolean, "true", "pairs of segments, half of them swapped, to tell apart"),
            Field("examples.masking.share", .share, "15%", "share of tokens that is predicted"),
            Field(
                "examples.masking.unit", .oneOf(MaskingOptions.Unit.allCases.map(\.rawValue)), "token",
                "what is masked as one"),
            Field("examples.masking.replacedByMask", .share, "80%", "of the predicted, share shown as [MASK]"),
            Field("examples.masking.replacedByRandom", .share, "10%", "of the predicted, share shown as another token"),
            Field("batch", .batch, nil, "size of an optimizer step"),
            Field("microBatchTokens", .integer(1...10_000_000), "2048", "about the tokens of one pass of a worker"),
            Field("budget", .budget, nil, "length of the run; the schedule is bound to it"),
        ] + optimizer(rate: "1e-4") + schedule(warmup: "1%") + [
            Field("evaluation.every", .steps, "500 steps", "steps between evaluations of the held-out text"),
            Field("evaluation.sequences", .integer(1...1_000_000), "512", "held-out sequences of an evaluation"),
            Field("checkpoints.every", .steps, "500 steps", "steps between checkpoints"),
            Field("checkpoints.keep", .integer(1...1000), "2", "last checkpoints that stay, beside the best"),
        ] + execution)

    static let fineTuning = Schema(
        kind: "finetuning",
        fields: [
            Field("kind", .oneOf(["pretraining", "finetuning"]), nil, "what the recipe is for"),
            Field("name", .text, nil, "the name of the run, and of its folder below Checkpoints"),
            Field("task", .text, "none", "GLUE task; one of your own is described by the keys below it"),
        ] + ownTask + [
            Field("checkpoint", .text, "none", "pretrained Hugging Face folder"),
            Field("data", .text, "none", "folder of the task's files; sample is the generator that ships"),
            Field("epochs", .integer(1...10000), "3", "passes over the training rows"),
            Field("batch", .batch, "32 sequences", "size of an optimizer step"),
            Field("length", .integer(8...65535), "128", "longest input in tokens; longer ones are cut"),
            Field("classifierDropout", .number(0...0.99), "0.1", "dropout before the classifier"),
            Field("labelSmoothing", .number(0...0.99), "0", "share of a label that all classes divide among them"),
            Field("layers.rateDecay", .number(0.01...1), "1", "the rate's factor from a block to the one below it"),
            Field(
                "layers.frozen", .integer(0...1000), "0",
                "lowest blocks that stay as they are, with the embeddings; 0 for none"
            ),
            Field("layers.fresh", .integer(0...1000), "0", "highest blocks that begin with random weights"),
            Field(
                "score", .oneOf(["auto"] + Metric.allCases.map(\.rawValue)), "auto",
                "the metric that is the score and chooses the epoch; auto is the mean of the task's own"),
            Field(
                "selection", .oneOf(EpochSelection.allCases.map(\.rawValue)), "best",
                "the epoch that is kept: the best on the dev set, or the last"),
            Field(
                "patience", .integer(0...10000), "0", "epochs without a better dev score before stopping; 0 never stops"
            ),
        ] + optimizer(rate: "1e-4") + schedule(warmup: "10%") + execution)

    private static let ownTask = [
        Field("task.name", .text, "none", "what runs of it are compared by; none takes the recipe's name"),
        Field("task.train", .text, "none", "file of the training rows, .tsv, .csv or .jsonl, also with .gz"),
        Field("task.dev", .text, "none", "file of the dev rows; none splits a share off the training rows"),
        Field("task.text", .texts, "none", "column of the text, or a list of two"),
        Field("task.label", .text, "none", "column of the label"),
        Field(
            "task.kind", .oneOf(OwnTask.Kind.allCases.map(\.rawValue)), "classes",
            "classes is one label a row, labels any number of them, value a number"),
        Field(
            "task.metric", .oneOf(["auto"] + Metric.allCases.map(\.rawValue)), "auto",
            "the score; auto is accuracy of classes, microF1 of labels, both correlations of a value"),
        Field("task.separator", .text, "none", "between the labels of a row; none where they are a JSON list"),
        Field("task.devShare", .share, "10%", "of the training rows, where there is no task.dev"),
        Field("task.devSeed", .integer(0...Int.max), "1", "draws that share; the same rows for every seed of a run"),
    ]

    /// One row an attention: its name and its own keys.
    static let attentions: [Kind.Variant] = [
        attention(
            "softmax",
            Field("queryKeyNorm", .boolean, "false", "queries and keys of length 1, a learned temperature a head")),
        attention(
            "yosoExpectation",
            Field(
                "bits", .integer(AttentionRanges.kernelBits), "9",
                "bits of the kernel, its temperature; the paper has 9"),
            gradient, normalization),
        attention(
            "yoso", Field("hashes", .integer(AttentionRanges.hashes), "32", "hashes a training pass"),
            Field(
                "bits", .integerOrAuto(AttentionRanges.hashBits), "9",
                "bits of a hash code; auto is log2 of the length, or by pairs"),
            Field("hash", .oneOf(YosoOptions.Hash.allCases.map(\.rawValue)), "hadamard", "how codes are made"),
            Field(
                "estimator", .oneOf(YosoOptions.Estimator.allCases.map(\.rawValue)), "counts",
                "weights of pairs that collide: counts of it, the paper's, or conditional, exact over its probability"),
            Field(
                "kernelBits", .integerOrAuto(AttentionRanges.kernelBits), "auto",
                "bits of the kernel of the conditional estimator, at least bits"),
            Field(
                "pairs", .integer(0...AttentionRanges.pairs.upperBound), "0",
                "distinct keys a query meets at most on average, by bits: auto for every head; 0 for no limit"),
            gradient, normalization,
            Field("evaluation", .oneOf(["expectation", "sampled"]), "sampled", "what evaluation computes"),
            Field("evaluationHashes", .integerOrAuto(AttentionRanges.hashes), "auto", "of sampled; auto takes hashes")),
        attention("none"),
        attention("linear"),
        attention("performer", Field("features", .integer(AttentionRanges.features), "256", "random features a head")),
        attention(
            "linformer", Field("rank", .integer(AttentionRanges.rank), "256", "keys and values that are left"),
            Field("length", .integerOrAuto(AttentionRanges.length), "auto", "longest sequence; auto is model.positions")
        ),
        attention(
            "nystrom",
            Field("landmarks", .integer(AttentionRanges.landmarks), "64", "segments whose means stand for all")),
        attention("local", Field("window", .integer(AttentionRanges.window), "64", "farthest token that is seen")),
        attention(
            "mra",
            Field(
                "blocks", .integer(AttentionRanges.blocks), "4",
                "blocks of 32 keys that a block of queries meets exactly"),
            Field("sparse", .boolean, "false", "nothing elsewhere, in the place of means")),
    ]

    /// An attention with keys of its own, and those that every one has.
    private static func attention(_ name: String, _ fields: Field...) -> Kind.Variant {
        let convolution = Field(
            "convolution", .integer(0...AttentionRanges.convolution.upperBound), "0",
            "odd width of a convolution of the values beside it; 0 for none")
        return Kind.Variant(name: name, fields: fields + [convolution])
    }

    private static let gradient = Field(
        "gradient", .oneOf(CollisionGradient.allCases.map(\.rawValue)), "lowerBound", "form of the derivative")

    private static let normalization = Field(
        "normalization", .oneOf(YosoNormalization.allCases.map(\.rawValue)), "l2",
        "what sums are divided by: their length, the paper's, or the mass of the weights")

    private static func optimizer(rate: String) -> [Field] {
        [
            Field("optimizer.rate", .number(0...10), rate, "peak learning rate"),
            Field("optimizer.beta1", .number(0...0.999999), "0.9", "decay of the first moment"),
            Field("optimizer.beta2", .number(0...0.999999), "0.999", "decay of the second moment"),
            Field("optimizer.epsilon", .number(1e-30...1), "1e-6", "added to the root of the second moment"),
            Field("optimizer.decay", .number(0...1), "0.01", "decoupled weight decay, not of biases and norms"),
            Field("optimizer.clip", .number(0...1e9), "1", "largest global gradient norm; 0 never clips"),
        ]
    }

    private static func schedule(warmup: String) -> [Field] {
        [
            Field(
                "schedule.shape", .oneOf(ScheduleOptions.Shape.allCases.map(\.rawValue)), "linear", "decay of the rate"),
            Field("schedule.warmup", .warmup, warmup, "linear warm-up"),
        ]
    }

    private static let execution = [
        Field("slices", .integer(1...1024), "2", "parts of a batch that run at the same time; part of the result"),
        Field("threads", .integer(0...1024), "0", "threads for the slices, 0 for one a core; never changes a result"),
        Field(
            "precision", .oneOf(Precision.allCases.map(\.rawValue)), "fp32",
            "what dense layers multiply; bf16 wants a CPU with AVX512-BF16"),
        Field(
            "recompute", .boolean, "false",
            "activations of blocks computed once more for backward: less memory, more time, the same result"),
        Field("seed", .integer(0...Int.max), "1", "seed of weights, data order, masks and dropout"),
    ]
}
