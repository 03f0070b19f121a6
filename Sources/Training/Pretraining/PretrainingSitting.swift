import Checkpoints
import Corpora
import Foundation

/// One process's share of a pretraining run: from where the folder left it to the end, or to an interruption.
final class PretrainingSitting {
    private let run: PretrainingRun
    private let report: (PretrainingEvent) -> Void
    private let pretrainer: Pretrainer
    private let saver: CheckpointSaver
    private let log: MetricsLog
    private let heldOut: [PretrainingExample]
    private let work: FloatingPointWork
    /// Measured by the first step, for a run that had ended takes none.
    private lazy var peak = measuredPeak()
    private var state: RunState
    private var savedStep: Int?
    private var evaluation: PretrainingEvaluation?
    /// When the sitting began, and the seconds of work before it.
    private let begun: (at: ContinuousClock.Instant, seconds: Double)
    private var plan: RecordedPlan?

    init(_ run: PretrainingRun, _ report: @escaping (PretrainingEvent) -> Void) throws {
        self.run = run
        self.report = report
        let start = ContinuousClock.now
        pretrainer = Pretrainer(run.encoder, run.options)
        pretrainer.sliced.profile = run.profile
        saver = CheckpointSaver(folder: run.folder, tokenizer: run.tokenizer, keep: run.options.checkpoints.keep)
        let identity = try RunIdentity.of(
            run.encoder, run.options.identity,
            inputs: ["text": run.data.digest, "vocabulary": run.tokenizer.fingerprint]
                .merging(run.start.map { ["checkpoint": $0.digest] } ?? [:]) { $1 })
        let restored = try saver.restore(pretrainer.sliced, identity: identity) { report(.warning($0)) }
        try restored?.check(
            epochs: .max, examples: run.data.training.count, run.folder.state(restored?.step ?? 0))
        savedStep = restored?.step
        begun = (start, restored?.seconds ?? 0)
        plan = try RecordedPlan(run, options: RunIdentity.digest(of: identity)) { report(.warning("\($0)")) }
        if restored == nil { try Self.begin(run, pretrainer, report) }
        state =
            try restored
            ?? RunState(
                totalSteps: plan?.first ?? run.totalSteps(), identity: identity, arithmetic: RunIdentity.arithmetic)
        if let recipe = run.recipe { try run.folder.write(recipe, to: "recipe.yaml") }
        log = try MetricsLog(run.folder.metrics, truncatingAfterStep: state.step) { report(.warning("\($0)")) }
        heldOut = run.data.evaluationExamples(run.options.evaluation.sequences)
        work = FloatingPointWork(run.encoder)
        try plan?.begin(run.options, step: state.step, of: state.totalSteps, seconds: secondsPassed)
        report(
            .started(
                step: state.step, totalSteps: state.totalSteps, parameters: pretrainer.sliced.layout.parameterCount))
    }

    /// First weights: drawn, or those of a pretrained folder.
    private static func begin(
        _ run: PretrainingRun, _ pretrainer: Pretrainer, _ report: (PretrainingEvent) -> Void
    ) throws {
        pretrainer.beginWithShares(of: run.data.tokenCounts)
        let (weights, layout) = (pretrainer.sliced.parameters, pretrainer.sliced.layout)
        let fresh = try run.start?.read(into: weights, layout, run.encoder) ?? []
        if !fresh.isEmpty { report(.warning("new weights: \(fresh.joined(separator: ", "))")) }
    }

    /// Of a budget of time.
    private var secondsPassed: Double { begun.seconds + begun.at.duration(to: .now).seconds }

    var isFinished: Bool { state.step >= state.totalSteps }

    private func measuredPeak() -> PeakSpeed {
        let peak = PeakSpeed.measure(pretrainer.sliced.workers, pretrainer.sliced.weights.precision)
        if peak.isBusy { report(.warning(PeakSpeed.busy)) }
        return peak
    }

    /// Whether something that is done every `steps` steps, and at the end, is to be done now.
    func isDue(_ steps: Int) -> Bool { isFinished || steps > 0 && state.step % steps == 0 }

    /// One optimizer step on the next examples.
    func step() throws {
        let start = ContinuousClock.now
        var (epoch, index) = (state.epoch, state.index)
        let examples = run.data.batch(run.options.batch, epoch: &epoch, index: &index)
        run.profile?.add("examples", since: start)
        let step = pretrainer.step(examples, index: state.step, of: state.totalSteps)
        guard step.isFinite else {
            throw diverged(step: state.step + 1, loss: step.counts.loss, norms: pretrainer.sliced.gradientNorms())
        }
        run.profile?.endStep(since: start)
        let seconds = start.duration(to: .now).seconds
        let tokens = examples.reduce(0) { $0 + $1.ids.count }
        state.step += 1
        (state.epoch, state.index) = (epoch, index)
        state.tokens += tokens
        state.seconds += seconds
        let operations = work.pretrainingStep(lengths: examples.map(\.ids.count), masked: step.counts.maskedCount)
        let line = PretrainingStepReport(
            step: state.step, totalSteps: state.totalSteps, epoch: epoch, loss: step.counts.loss,
            maskedLoss: step.counts.meanMaskedLoss, maskedAccuracy: step.counts.maskedAccuracy,
            orderAccuracy: step.counts.orderAccuracy, rate: step.rate, gradientNorm: step.gradientNorm, tokens: tokens,
            totalTokens: state.tokens, tokensPerSecond: Double(tokens) / seconds,
            shareOfPeak: peak.share(of: operations, in: seconds), seconds: state.seconds)
        try log.append(line)
        report(.step(line))
        let planned = try plan?.steps(after: state.step, of: state.totalSteps, seconds: secondsPassed)
        state.totalSteps = planned ?? state.totalSteps
    }

    /// Evaluates the held-out text, and says whether it is the best so far.
    func evaluate() throws -> Bool {
        let start = ContinuousClock.now
        let counts = pretrainer.evaluate(heldOut)
        let seconds = start.duration(to: .now).seconds
        state.seconds += seconds
        plan?.noteEvaluation(seconds: seconds)
        let evaluation = try evaluation(of: counts)
        try log.append(evaluation)
        report(.evaluated(evaluation))
        self.evaluation = evaluation
        return state.note(score: -evaluation.maskedLoss)
    }

    func save() throws {
        let head =
            pretrainer.model.options.family == .bert && pretrainer.model.predictsOrder
            ? "ForPreTraining" : "ForMaskedLM"
        try log.sync()
        let url = try saver.save(
            pretrainer.sliced, state, HuggingFaceConfiguration(pretrainer.model.options, head: head))
        savedStep = state.step
        report(.saved(step: state.step, url))
    }

    /// Saves what is not saved yet and leaves.
    func leave() throws -> Never {
        if savedStep != state.step { try save() }
        throw TrainingError.interrupted(step: state.step)
    }

    /// The evaluation at the end, of the log where the run had ended before this sitting; made now where that has none.
    func lastEvaluation() throws -> PretrainingEvaluation {
        if let evaluation { return evaluation }
        let logged = try MetricsLog.values(PretrainingEvaluation.self, kind: "evaluation", in: run.folder.metrics)
        if let last = logged.last(where: { $0.step == state.step }) { return last }
        return try evaluation(of: pretrainer.evaluate(heldOut))
    }

    /// - Throws: `TrainingError.diverged` where even the perplexity is no number that can be written down.
    private func evaluation(of counts: PretrainingCounts) throws -> PretrainingEvaluation {
        guard counts.perplexity.isFinite else { throw diverged(step: state.step, loss: counts.loss, norms: []) }
        return PretrainingEvaluation(
            counts, step: state.step, sequences: heldOut.count, totalTokens: state.tokens, seconds: state.seconds)
    }

    private func diverged(step: Int, loss: Double, norms: [String]) -> TrainingError {
        .diverged(
            step: step, loss: loss, norms: norms,
            lastGood: run.folder.checkpointSteps.last.map { run.folder.checkpoint($0).relativePath })
    }
}

extension PretrainingRun {
    /// The budget in steps; only seconds have to be measured, so that the rest is the same on every machine.
    fileprivate func totalSteps() throws -> Int {
        switch options.budget {
        case .steps(let steps): return steps
        case .tokens: return options.budget.steps(tokensPerStep: data.meanTokens(ofSteps: options.batch))
        case .seconds: return PretrainingEstimate(encoder, options, data).totalSteps
        }
    }
}
