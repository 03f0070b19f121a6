import Autograd
import Checkpoints
import Foundation
import Tasks

/// One process's share of a fine-tuning run: from where the folder left it to the end, or to an interruption.
final class FineTuningSitting {
    private let run: FineTuningRun
    private let report: (FineTuningEvent) -> Void
    private let tuner: FineTuner
    private let training: [ClassificationExample]
    private let dev: [ClassificationExample]
    private let saver: CheckpointSaver
    private let log: MetricsLog
    private let work: FloatingPointWork
    /// Measured by the first step, for a run that had ended takes none.
    private lazy var peak = measuredPeak()
    private var state: RunState
    private var savedStep: Int?
    /// Of the steps of the current epoch.
    private var losses: [Double]
    private(set) var best: FineTuningEpochReport?

    /// - Parameter untilEpoch: of later epochs, which an earlier sitting may have come to, none is the best.
    init(
        _ run: FineTuningRun, untilEpoch: Int, _ report: @escaping (FineTuningEvent) -> Void
    ) throws {
        self.run = run
        self.report = report
        tuner = FineTuner(run.encoder, run.data.task.target, run.options)
        training = run.data.training.map(ClassificationExample.init)
        dev = run.data.dev.map(ClassificationExample.init)
        saver = CheckpointSaver(folder: run.folder, tokenizer: run.tokenizer, keep: 1)
        let identity = try RunIdentity.of(
            run.encoder, run.options.identity,
            inputs: [
                "task": run.data.task.name, "rows": run.data.digest, "weights": run.weights,
                "vocabulary": run.tokenizer.fingerprint,
            ])
        let restored = try saver.restore(tuner.sliced, identity: identity) { report(.warning($0)) }
        savedStep = restored?.step
        try restored?.check(
            epochs: run.options.epochs, examples: { run.batches(epoch: $0).count },
            run.folder.state(restored?.step ?? 0))
        let totalSteps = (0..<run.options.epochs).reduce(0) { $0 + run.batches(epoch: $1).count }
        state =
            restored
            ?? RunState(totalSteps: totalSteps, identity: identity, arithmetic: RunIdentity.arithmetic)
        var fresh: [String] = []
        if restored == nil {
            let drawn = try tuner.begin(from: run.pretrained)
            fresh = run.pretrained == nil ? [] : drawn
        }
        if let recipe = run.recipe { try run.folder.write(recipe, to: "recipe.yaml") }
        log = try MetricsLog(run.folder.metrics, truncatingAfterStep: state.step) { report(.warning("\($0)")) }
        let ended = state.epoch
        losses = try MetricsLog.values(FineTuningStepReport.self, kind: "step", in: run.folder.metrics)
            .filter { $0.epoch > ended }.map(\.loss)
        best = try MetricsLog.values(FineTuningEpochReport.self, kind: "epoch", in: run.folder.metrics)
            .last { $0.isBest && $0.epoch <= untilEpoch }
        work = FloatingPointWork(run.encoder)
        report(
            .started(
                step: state.step, totalSteps: state.totalSteps, parameters: tuner.sliced.layout.parameterCount,
                fresh: fresh))
    }

    /// Epochs that have ended.
    var epochs: Int { state.epoch }

    private func measuredPeak() -> PeakSpeed {
        let peak = PeakSpeed.measure(tuner.sliced.workers, tuner.sliced.weights.precision)
        if peak.isBusy { report(.warning(PeakSpeed.busy)) }
        return peak
    }

    var isFinished: Bool { state.epoch >= run.options.epochs || isOutOfPatience }

    private var isOutOfPatience: Bool {
        guard run.options.patience > 0, let best = state.bestStep else { return false }
        return epochs(since: best) >= run.options.patience
    }

    /// What is left of the current epoch.
    func batches() -> ArraySlice<[Int]> { run.batches(epoch: state.epoch)[state.index...] }

    /// One optimizer step on the rows of `batch`.
    func step(_ batch: [Int]) throws {
        let start = ContinuousClock.now
        let step = tuner.step(batch.map { training[$0] }, index: state.step, of: state.totalSteps)
        guard step.isFinite else {
            throw diverged(step: state.step + 1, loss: step.loss, norms: tuner.sliced.gradientNorms())
        }
        let seconds = start.duration(to: .now).seconds
        state.step += 1
        state.index += 1
        let lengths = batch.map { training[$0].ids.count }
        let tokens = lengths.reduce(0, +)
        state.tokens += tokens
        state.seconds += seconds
        losses.append(step.loss)
        let line = FineTuningStepReport(
            step: state.step, totalSteps: state.totalSteps, epoch: state.epoch + 1, loss: step.loss, rate: step.rate,
            gradientNorm: step.gradientNorm, rowsPerSecond: Double(batch.count) / seconds,
            tokensPerSecond: Double(tokens) / seconds,
            shareOfPeak: peak.share(of: 3 * work.classification(lengths: lengths), in: seconds), seconds: state.seconds)
        try log.append(line)
        report(.step(line))
    }

    /// Evaluates the dev set, saves, and decides whether to go on.
    func endEpoch() throws {
        let start = ContinuousClock.now
        let logits = tuner.classifier.predict(dev)
        guard logits.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw diverged(step: state.step, loss: .nan, norms: [])
        }
        let evaluation = TaskEvaluation(run.data, logits: logits, by: run.options.metrics)
        state.seconds += start.duration(to: .now).seconds
        state.epoch += 1
        state.index = 0
        let isBest = state.note(score: run.options.selection == .last ? Double(state.epoch) : evaluation.primary)
        let line = FineTuningEpochReport(
            step: state.step, epoch: state.epoch,
            trainingLoss: losses.reduce(0, +) / Double(max(1, losses.count)), evaluation: evaluation, isBest: isBest,
            seconds: state.seconds)
        losses = []
        if isBest || best == nil { best = line }
        if isBest { try PredictionFile(run.data, logits: logits).write(to: run.folder.url) }
        try log.append(line)
        report(.epoch(line))
        try save()
    }

    private func diverged(step: Int, loss: Double, norms: [String]) -> TrainingError {
        .diverged(
            step: step, loss: loss, norms: norms,
            lastGood: run.folder.checkpointSteps.last.map { run.folder.checkpoint($0).relativePath })
    }

    /// Saves what is not saved yet and leaves.
    func leave() throws -> Never {
        if savedStep != state.step { try save() }
        throw TrainingError.interrupted(step: state.step)
    }

    private func save() throws {
        var configuration = HuggingFaceConfiguration(tuner.classifier.model.options, head: "ForSequenceClassification")
        let task = run.data.task
        configuration.setTarget(task.target, names: task.classNames)
        configuration.classifierDropout = Double(run.options.classifierDropout)
        configuration.yoso = (configuration.yoso ?? [:])
            .merging(run.notes) { _, own in own }
            .merging(["task": task.name, "length": "\(run.options.length)"]) { _, own in own }
        try log.sync()
        let url = try saver.save(tuner.sliced, state, configuration)
        savedStep = state.step
        report(.saved(step: state.step, url))
    }

    /// How many epochs ended after `step`.
    private func epochs(since step: Int) -> Int {
        var end = 0
        return (0..<state.epoch).count { epoch in
            end += run.batches(epoch: epoch).count
            return end > step
        }
    }
}

extension FineTuningRun {
    /// The batches of `epoch`, as rows of the training set.
    fileprivate func batches(epoch: Int) -> [[Int]] {
        BatchPlan.batches(lengths: data.training.map(\.ids.count), seed: options.seed, epoch: epoch) {
            options.batch.isReached(sequences: $0, tokens: $1)
        }
    }
}

extension ClassificationExample {
    public init(_ row: EncodedRow) { self.init(ids: row.ids, segments: row.segments, target: row.target) }
}
