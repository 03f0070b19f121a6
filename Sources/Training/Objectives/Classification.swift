import Autograd
import Bert
import Checkpoints
import Tasks

/// The loss of the rows of a task, a mean over those of a step: -log p(label), of several labels a row the mean of their binary
/// ones, or the squared error of a value; of words -log p(tag), a mean over all words of a step.
public struct Classification: Objective {
    public let model: ClassificationModel
    private let target: Target
    private let options: FineTuningOptions
    private let data: TaskData?
    private var scale: ValueScale? { data?.scale }

    /// - Parameters:
    ///   - data: what `evaluate` scores by.
    ///   - documents: as of `ClassificationModel`.
    public init(
        _ encoder: EncoderOptions, _ target: Target, _ options: FineTuningOptions, data: TaskData? = nil,
        documents: Int? = nil, _ layout: ParameterLayout
    ) {
        model = ClassificationModel(
            encoder, target, dropout: options.classifierDropout, documents: documents,
            frozen: options.layers.frozen, layout)
        (self.target, self.options, self.data) = (target, options, data)
    }

    public var encoder: Encoder { model.encoder }
    public var table: Parameter? { encoder.words }

    public func count(_ examples: [ClassificationExample]) -> Tally {
        Tally(count: target.isOfWords ? examples.reduce(0) { $0 + $1.words.count } : examples.count)
    }

    public func pass(
        _ batch: Batch<ClassificationExample>, of whole: Tally, _ tape: Tape
    ) -> (loss: Variable, counts: () -> Tally) {
        let unit = scale?.unit ?? 1
        let targets = batch.examples.map { unit == 1 ? $0.target : $0.target.map { $0 / unit } }
        let loss = model.logits(batch.tokens, words: batch.words, tape).loss(
            of: target, targets, weight: whole.weight, smoothing: options.labelSmoothing)
        return (loss.variable, { Tally(loss) })
    }

    public func loss(_ counts: Tally) -> Double { counts.mean }

    public func figures(_ counts: Tally) -> [Figure] { [] }

    public func work(_ examples: [ClassificationExample]) -> Double {
        let lengths = examples.flatMap { example in
            let second = model.documents == 2 ? example.segments.count { $0 == 1 } : 0
            return [example.ids.count - second] + (second > 0 ? [second] : [])
        }
        // Of the mean of a sequence all rows are read.
        let rows =
            target.isOfWords
            ? count(examples).count : encoder.options.pooling == .mean ? lengths.reduce(0, +) - lengths.count : 0
        let work = FloatingPointWork(encoder.options)
        let forward = work.encoder(lengths: lengths, rows: rows)
        // Backward comes to what is not frozen, if there is a block of that.
        let isLearned = encoder.frozen < encoder.options.layers
        return forward + (isLearned ? 2 * (forward - work.blocks(encoder.frozen, lengths: lengths)) : 0)
    }

    public static var evaluationKind: String { "epoch" }

    /// Scores `examples`, which are the dev rows of the task.
    public func evaluate(
        _ examples: [ClassificationExample], _ weights: ModelWeights, _ cut: BatchCut
    ) throws(Diverged) -> HeldOut<DevScores> {
        guard let data else { preconditionFailure("no task to score by") }
        let unit = scale?.unit ?? 1
        let logits = model.predict(examples, weights, cut).map { unit == 1 ? $0 : $0.map { $0 * unit } }
        guard logits.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw Diverged(loss: .nan) }
        let scores = DevScores(evaluation: TaskEvaluation(data, logits: logits, by: options.metrics))
        return HeldOut(result: scores, score: scores.evaluation.primary) {
            try PredictionFile(data, logits: logits).write(to: $0)
        }
    }

    public func rehearse(_ examples: [ClassificationExample], _ weights: ModelWeights, _ cut: BatchCut) {
        _ = model.predict(examples, weights, cut)
    }

    public func unit(of parameter: Parameter) -> Float { ValueScale.isScaled(parameter) ? scale?.unit ?? 1 : 1 }

    /// Values are learned from their mean on.
    public func initialize(_ weights: ModelWeights) {
        guard let scale else { return }
        for bias in weights.layout.parameters where ValueScale.isScaled(bias) && bias.name.hasSuffix(".bias") {
            weights.parameters.view(of: bias).fill(scale.mean / scale.unit)
        }
    }

    public var configuration: HuggingFaceConfiguration {
        let head = target.isOfWords ? "ForTokenClassification" : "ForSequenceClassification"
        var configuration = HuggingFaceConfiguration(encoder.options, head: head)
        configuration.classifierDropout = Double(options.classifierDropout)
        guard let task = data?.task else { return configuration }
        configuration.setTarget(task.target, names: task.classNames)
        configuration.remember { ($0.task, $0.length) = (task.name, options.length) }
        return configuration
    }
}

/// What a classifier scores on the dev rows.
public struct DevScores: EvaluationResult {
    public let evaluation: TaskEvaluation

    public init(evaluation: TaskEvaluation) { self.evaluation = evaluation }

    public var figures: [Figure] {
        let figures = evaluation.scores.sorted { $0.key < $1.key }.map { name, score in
            Figure(name, score, Metric(ofScore: name)?.isError == true ? .amount : .share)
        }
        // What a run is chosen by comes first.
        return figures.filter { $0.unit == .share } + figures.filter { $0.unit == .amount }
    }
    public var score: Figure? { Figure("dev", evaluation.primary, .share) }
    public var remark: String {
        " on \(evaluation.rows.grouped) rows" + (evaluation.isConstant ? " (dead: every prediction is the same)" : "")
    }
}

/// One encoded row of a task.
public struct ClassificationExample: TokenSequence, Equatable {
    public let ids: [Int32]
    public let segments: [Int32]
    /// As of `TaskRow`.
    public let target: [Float]
    /// As of `EncodedRow`.
    public let words: [Int32]

    public init(ids: [Int32], segments: [Int32], target: [Float], words: [Int32] = []) {
        (self.ids, self.segments, self.target, self.words) = (ids, segments, target, words)
    }

    public init(_ row: EncodedRow) {
        self.init(ids: row.ids, segments: row.segments, target: row.target, words: row.words)
    }
}

extension Batch<ClassificationExample> {
    /// The packed rows of the first tokens of all words, ascending.
    var words: [Int32] {
        zip(tokens.layout.offsets, examples).flatMap { first, example in example.words.map { Int32(first) + $0 } }
    }
}
