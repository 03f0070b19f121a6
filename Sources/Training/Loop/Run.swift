import Attention
import Autograd
import Checkpoints
import Communication
import Foundation
import Tokenization

/// A run in its folder: steps towards an objective, evaluations, checkpoints, to the end of the budget or of patience.
///
/// Resume is a property, not a mode: the same run once more continues from the newest checkpoint to the same bits as if it had
/// never stopped. Of several ranks all take every step, and the first reads and writes the folder, measures the time, and tells.
public final class Run<O: Objective> {
    public typealias Report = EvaluationReport<O.Result>

    private let options: any TrainingOptions
    private let data: any TrainingData<O.Example>
    private let remember: (inout Provenance) -> Void
    private let tokenizer: (any Tokenizer)?
    private let untilEpoch: Int
    private let profile: StepProfile?
    private let report: (RunEvent<O.Result>) -> Void
    private let trainer: Trainer<O>
    private let heldOut: [O.Example]
    private let folder: RunFolder
    private let saver: CheckpointSaver
    private var ranks: any Communicator { trainer.model.weights.ranks }
    /// With the first rank.
    private let log: MetricsLog?
    private let curves: EventFile?
    private var plan: RecordedPlan?
    /// Measured by the first step, for a run that had ended takes none.
    private lazy var peak = measuredPeak()
    private var state: RunState
    /// Begun by the first step too.
    private lazy var steps = StepsAhead(
        data, options.batch, trainer.packer, epoch: state.epoch, index: state.index)
    private var savedStep: Int?
    /// Of the steps since the last evaluation.
    private var losses: [Double]
    private var last: Report?
    /// The best evaluation, of whichever process; nil where there was none, or the log of an ended run is gone.
    public private(set) var best: Report?
    /// When this process began, and the seconds of work before it.
    private let begun: (at: ContinuousClock.Instant, seconds: Double)

    /// - Parameters:
    ///   - tokenizer: that of the ids; nil where no text is behind them.
    ///   - inputs: what fixes the result beside the options, the data and the tokenizer.
    ///   - recipe: what `recipe.yaml` shall say; nil writes none.
    ///   - remember: adds what checkpoints shall tell beside the model.
    ///   - profile: where the time of steps is counted, by phase; nil for nowhere.
    ///   - untilEpoch: the run ends with this one, and of later ones, which an earlier process came to, none is the best.
    ///   - start: brings the first weights from elsewhere, into those that were drawn, and returns the names of those that stay.
    ///   - objective: builds the model in a layout.
    /// - Throws: what reading or writing the folder throws.
    init(
        _ options: some TrainingOptions, _ data: some TrainingData<O.Example>, _ tokenizer: (any Tokenizer)?,
        _ folder: RunFolder, inputs: [String: String], recipe: String?,
        remember: @escaping (inout Provenance) -> Void = { _ in },
        profile: StepProfile? = nil, untilEpoch: Int = .max, start: (O, ModelWeights) throws -> [String],
        objective: @escaping (ParameterLayout) -> O, report: @escaping (RunEvent<O.Result>) -> Void
    ) throws {
        let now = ContinuousClock.now
        (self.options, self.data, self.folder, self.remember) = (options, data, folder, remember)
        (self.tokenizer, self.untilEpoch, self.profile, self.report) = (tokenizer, untilEpoch, profile, report)
        try RankCheck.check(shards: options.cut.shards, Ranks.current)
        let newest = try Ranks.current.first { try CheckpointSaver.newestState(in: folder) { report(.warning($0)) } }
        let costs = try newest.map { try RouteCosts(of: $0, folder) } ?? .current
        let planned = objective(ParameterLayout())
        let computing = try Computing(options, planned.encoder.options, planned.problemOnDevice)
        trainer = RouteCosts.$current.withValue(costs) {
            Trainer(options, device: computing.device, isRestored: newest != nil, objective)
        }
        trainer.model.profile = profile
        saver = CheckpointSaver(
            folder: folder, tokenizer: tokenizer, keep: options.checkpoints.keep, isSaved: trainer.objective.isSaved,
            unit: trainer.objective.unit)
        let identity = try RunIdentity.of(
            trainer.objective.encoder.options, options.identity,
            inputs: inputs.merging(data.inputs) { $1 }
                .merging(tokenizer.map { ["vocabulary": $0.fingerprint] } ?? [:]) { $1 })
        var restored = try newest.map { [saver, trainer] in
            try saver.restore(trainer.model, $0, identity: identity) { report(.warning($0)) }
        }
        let epochs = if case .epochs(let count) = options.budget { count } else { Int.max }
        try restored?.check(
            epochs: epochs, examples: { data.count(options.batch, epoch: $0) }, folder.state(restored?.step ?? 0))
        // To find where epochs ended is to draw them all again.
        if options.patience > 0 { restored?.completeBestEpoch { data.ends(options.batch, epochs: $0) } }
        savedStep = restored?.step
        let ranks = trainer.model.weights.ranks
        trainer.model.weights.remember(folder.wayOn(from: savedStep))
        begun = (now, restored?.secondsPassed ?? restored?.seconds ?? 0)
        let plan =
            try ranks.isFirst
            ? RecordedPlan(options.budget, folder, options: RunIdentity.digest(of: identity)) {
                report(.warning("\($0)"))
            } : nil
        var fresh: [String] = []
        if restored == nil {
            trainer.objective.initialize(trainer.model.weights)
            fresh = try start(trainer.objective, trainer.model.weights)
        }
        self.plan = plan
        let first = try ranks.first { plan?.first }
        state =
            try restored
            ?? RunState(
                totalSteps: first
                    ?? options.budget.steps(options.batch, data) { _ in
                        try PretrainingEstimate(options, data, objective).totalSteps
                    }, identity: identity, arithmetic: trainer.model.weights.arithmetic)
        state.totalSteps = ranks.first(state.totalSteps)
        if restored == nil {
            state.routeCosts = costs.values
            if ranks.isFirst, let shortage = saver.shortage(for: trainer.model) { report(.warning(shortage)) }
            if case .steps(let warmup) = options.schedule.warmup, warmup > state.totalSteps {
                report(
                    .warning(
                        "schedule.warmup is \(warmup) steps, more than the \(state.totalSteps) of the run, whose rate rises to "
                            + "its end and stays below its peak"))
            }
        }
        let (step, bestStep) = (state.step, state.bestStep)
        log =
            try ranks.isFirst
            ? MetricsLog(folder.metrics, truncatingAfterStep: step) { report(.warning("\($0)")) } : nil
        // As they are set here, also what never changes a result, and by names rather than digests.
        var known = Provenance()
        remember(&known)
        let settings = try RunIdentity.of(
            trainer.objective.encoder.options, options,
            inputs: ["data": known.data, "start": known.start].compactMapValues { $0 })
        curves =
            ranks.isFirst
            ? EventFile(
                in: folder.url, step: step, settings: settings, text: recipe.map { [RunFolder.recipeName: $0] } ?? [:])
            : nil
        let logged = try ranks.first {
            try LoggedRun<O.Result>(folder.metrics, kind: O.evaluationKind, untilEpoch: untilEpoch, best: bestStep)
        }
        (last, best, losses) = (logged.last, logged.best, logged.losses)
        heldOut = data.evaluationExamples(options.evaluation.sequences)
        try self.plan?.begin(options, step: state.step, of: state.totalSteps, seconds: secondsPassed)
        // Of a run that has ended it stays what the run had.
        if let recipe, !isFinished || !folder.hasRecipe { try folder.write(recipe, to: RunFolder.recipeName) }
        report(
            .started(
                step: state.step, totalSteps: state.totalSteps, parameters: trainer.model.layout.parameterCount,
                fresh: fresh))
    }

    /// Runs to the end, or until `interruption` asks to stop.
    ///
    /// - Throws: `TrainingError.interrupted` after saving, `.diverged` where the loss is no number any more, and what
    ///   reading or writing the folder throws; the last good checkpoint and the log stay as they are.
    public func callAsFunction(_ interruption: Interruption) throws {
        // What an earlier end reported is of another state.
        if !isFinished, ranks.isFirst { folder.removeReport() }
        while !isFinished {
            if ranks.any(interruption.isRequested) { try leave() }
            try step()
            let isBest = try isDue(options.evaluation.every) && evaluate()
            if isBest || isDue(options.checkpoints.every) { try save() }
        }
        // What follows may read what the first one wrote.
        ranks.meet()
        try ranks.check()
    }

    /// The evaluation at the end, of the log where the run had ended before; made now where that has none.
    public func lastEvaluation() throws -> Report {
        if let last, last.step == state.step { last } else { try evaluation().report }
    }

    /// One optimizer step on the next examples.
    private func step() throws {
        let start = ContinuousClock.now
        let next = steps.next(of: state.totalSteps - state.step)
        profile?.add("examples", since: start)
        let step = trainer.step(next.packed, index: state.step, of: state.totalSteps)
        try ranks.check()
        guard step.isFinite else {
            throw try diverged(step: state.step + 1, loss: step.loss, norms: trainer.model.gradientNorms())
        }
        profile?.endStep(since: start)
        let seconds = start.duration(to: .now).seconds
        let tokens = next.packed.tokens
        state.step += 1
        (state.epoch, state.index) = next.next
        state.tokens += tokens
        state.add(seconds: seconds, cores: trainer.model.cores)
        losses.append(step.loss)
        let line = StepReport(
            StepHead(
                step: state.step, totalSteps: state.totalSteps, epoch: next.epoch, loss: step.loss, rate: step.rate,
                gradientNorm: step.gradientNorm, tokens: tokens, totalTokens: state.tokens,
                rowsPerSecond: Double(next.packed.sequences) / seconds, tokensPerSecond: Double(tokens) / seconds,
                shareOfPeak: peak.share(of: next.packed.work, in: seconds), memoryBytes: trainer.model.memoryBytes,
                seconds: state.seconds), Figures(trainer.objective.figures(step.counts)))
        try log?.append(line)
        try curves?.append(step: line.step, line.scalars)
        report(.step(line))
        guard case .seconds = options.budget else { return }
        let planned = try plan?.steps(after: state.step, of: state.totalSteps, seconds: secondsPassed)
        state.totalSteps = ranks.first(planned ?? state.totalSteps)
    }

    /// Evaluates the held-out examples, and says whether they are the best so far.
    private func evaluate() throws -> Bool {
        let start = ContinuousClock.now
        let (evaluation, keep) = try evaluation(since: start)
        let filled = tokenizer.map { trainer.objective.filled(heldOut, trainer.model.weights, $0) } ?? []
        try ranks.check()
        plan?.noteEvaluation(seconds: start.duration(to: .now).seconds)
        (losses, last) = ([], evaluation)
        if evaluation.isBest || best == nil && state.bestStep == nil { best = evaluation }
        if evaluation.isBest { try keep(folder.predictions(of: evaluation.step)) }
        try log?.append(evaluation)
        if !filled.isEmpty { try log?.append(FilledMasks(step: evaluation.step, texts: filled)) }
        try curves?.append(
            step: evaluation.step, evaluation.body.figures.map { ("held-out/\($0.name)", $0.value) })
        report(.evaluated(evaluation))
        return evaluation.isBest
    }

    /// - Throws: `TrainingError.diverged` where what is held out gives nothing that can be written down.
    private func evaluation(
        since start: ContinuousClock.Instant = .now
    ) throws -> (report: Report, keep: (URL) throws -> Void) {
        let result: HeldOut<O.Result>
        do { result = try trainer.evaluate(heldOut) } catch {
            try ranks.check()
            throw try diverged(step: state.step, loss: error.loss, norms: [])
        }
        state.add(seconds: start.duration(to: .now).seconds, cores: trainer.model.cores)
        try ranks.check()
        let isBest = state.note(score: options.selection == .last ? Double(state.epoch) : result.score)
        let head = EvaluationHead(
            kind: O.evaluationKind, step: state.step, epoch: state.epoch + (state.index > 0 ? 1 : 0),
            trainingLoss: losses.isEmpty ? nil : losses.reduce(0, +) / Double(losses.count), isBest: isBest,
            isChosen: options.selection == .last ? false : nil, totalTokens: state.tokens, seconds: state.seconds,
            coreSeconds: state.coreSeconds)
        return (Report(head, result.result), result.keep)
    }

    private func save() throws {
        state.secondsPassed = secondsPassed
        state.peakBytes = max(state.peakBytes ?? 0, trainer.model.allocatedBytes)
        var configuration = trainer.objective.configuration
        configuration.remember(remember)
        try log?.sync()
        try plan?.sync()
        let url = try saver.save(trainer.model, state, configuration)
        savedStep = state.step
        trainer.model.weights.remember(folder.wayOn(from: savedStep))
        report(.saved(step: state.step, url))
    }

    /// Saves what is not saved yet, which is nothing before the first step, and leaves.
    private func leave() throws -> Never {
        if state.step > 0, savedStep != state.step { try save() }
        // A rank that ends gives the others seconds to end as well, and the first may have much to write.
        ranks.meet()
        try ranks.check()
        throw TrainingError.interrupted(step: state.step)
    }

    private var isFinished: Bool {
        state.step >= state.totalSteps || state.epoch >= untilEpoch || endsEpoch && isOutOfPatience
    }

    /// Of a budget of epochs.
    private var endsEpoch: Bool { if case .epochs = options.budget { state.index == 0 } else { false } }

    private var isOutOfPatience: Bool {
        guard options.patience > 0, let best = state.bestEpoch else { return false }
        return state.epoch - best >= options.patience
    }

    /// Whether something that is done every `steps` steps, and at the end, is to be done now.
    private func isDue(_ steps: Int) -> Bool {
        state.step >= state.totalSteps || endsEpoch || steps > 0 && state.step % steps == 0
    }

    /// Of a budget of time.
    private var secondsPassed: Double { begun.seconds + begun.at.duration(to: .now).seconds }

    private func measuredPeak() -> PeakSpeed {
        let peak = trainer.model.weights.measuredPeak.sum(over: ranks)
        if peak.isBusy { report(.warning(PeakSpeed.busy)) }
        return peak
    }

    private func diverged(step: Int, loss: Double, norms: [String]) throws -> TrainingError {
        try log?.append(DivergenceReport(step: step, loss: "\(loss)"))
        let lastGood = folder.checkpointSteps.last.map { folder.checkpoint($0).relativePath }
        return .diverged(step: step, loss: loss, norms: norms, lastGood: lastGood)
    }
}
