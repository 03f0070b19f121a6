import Autograd
import Bert
import Communication
import Foundation

/// What a run will take, from a few measured steps and an evaluation: what `--dry-run` prints and what turns a budget of
/// time into steps.
public struct PretrainingEstimate: Sendable {
    public let parameters: Int
    public let totalSteps: Int
    public let tokensPerStep: Int
    /// Operations of a step's products.
    public let workPerStep: Double
    public let secondsPerStep: Double
    public let secondsPerEvaluation: Double
    /// About the tokens of the passes that run at the same time.
    public let tokensPerRound: Int
    /// Bytes of a gradient on its way between ranks.
    public let gradientBytes: Int
    /// Of the parameters those whose gradients are done with the last of backward alone: tables of words that heads multiply by.
    public let lateShare: Double
    /// The machine at best.
    public let peak: PeakSpeed
    public let peakMemoryBytes: Int
    /// Of a GPU's memory; nil where the CPU computes.
    public let deviceBytes: Int?
    /// Bytes of all checkpoints that a run keeps at a time.
    public let diskBytes: Int
    private let evaluations: Int

    public var tokensPerSecond: Double { Double(tokensPerStep) / secondsPerStep }
    /// Nil where the machine was too busy to measure its peak.
    public var shareOfPeak: Double? {
        var peak = peak
        return peak.share(of: workPerStep, in: secondsPerStep)
    }
    /// Steps and evaluations.
    public var totalSeconds: Double {
        Double(totalSteps) * secondsPerStep + Double(evaluations) * secondsPerEvaluation
    }

    /// Runs two steps at least, and as many as pass in a few seconds, since short steps differ most, but at most some hundreds,
    /// after some to warm up, on a model that is thrown away.
    ///
    /// - Parameter start: brings the first weights from elsewhere, as of `Run`.
    init<O: Objective>(
        _ options: some TrainingOptions, _ data: some TrainingData<O.Example>,
        start: (O, ModelWeights) throws -> Void = { _, _ in }, _ objective: (ParameterLayout) -> O
    ) throws {
        try RankCheck.check(shards: options.cut.shards, Ranks.current)
        let planned = objective(ParameterLayout())
        let computing = try Computing(options, planned.encoder.options, planned.problemOnDevice)
        let trainer = Trainer(options, device: computing.device, objective)
        try start(trainer.objective, trainer.model.weights)
        let ranks = trainer.model.weights.ranks
        peak = trainer.model.weights.measuredPeak.sum(over: ranks)
        var (epoch, index) = (0, 0)
        func probe(for duration: Double, _ steps: ClosedRange<Int>) -> [(batch: [O.Example], seconds: Double)] {
            var probes: [(batch: [O.Example], seconds: Double)] = []
            let start = ContinuousClock.now
            repeat {
                var batch: [O.Example] = []
                let seconds = elapsed {
                    batch = data.next(options.batch, epoch: &epoch, index: &index).make()
                    _ = trainer.step(batch, index: probes.count, of: 1000)
                }
                probes.append((batch, seconds))
            } while ranks.first(
                probes.count < steps.lowerBound
                    || probes.count < steps.upperBound && start.duration(to: .now).seconds < duration)
            return probes
        }
        // Out of a short time not much can be spent on planning it.
        let patience = if case .seconds(let budget) = options.budget { min(1, budget / 100) } else { 1.0 }
        // Of steps of milliseconds the mean of some hundreds does not move any more.
        _ = probe(for: 0.5 * patience, 1...100)
        let probes = probe(for: 3 * patience, 2...500)
        secondsPerStep = probes.reduce(0) { $0 + $1.seconds } / Double(probes.count)
        let sequences = min(options.evaluation.sequences, data.heldOutCount)
        let heldOut = data.evaluationExamples(min(sequences, 64))
        let share = Double(sequences) / Double(max(1, heldOut.count))
        secondsPerEvaluation = share * elapsed { trainer.rehearseEvaluation(heldOut) }
        tokensPerStep = Int(data.meanTokens(ofSteps: options.batch).rounded())
        workPerStep = trainer.objective.work(probes.flatMap(\.batch)) / Double(probes.count)
        parameters = trainer.model.layout.parameterCount
        tokensPerRound = options.slices * options.microBatchTokens
        gradientBytes = options.wire == .bf16 ? 2 : 4
        lateShare = Double(trainer.model.layout.tied.reduce(0) { $0 + $1.count }) / Double(max(1, parameters))
        let (perStep, perEvaluation) = (secondsPerStep, secondsPerEvaluation)
        totalSteps = options.budget.steps(options.batch, data) { seconds in
            Budget.steps(
                inSeconds: seconds, secondsPerStep: perStep, secondsPerEvaluation: perEvaluation,
                evaluateEvery: options.evaluation.every)
        }
        // The last one is of the last step, which is due for one or not.
        let every = options.evaluation.every
        evaluations = every > 0 ? (totalSteps + every - 1) / every : 1
        peakMemoryBytes = ProcessMemory.peakBytes
        deviceBytes = trainer.model.deviceBytes
        diskBytes = DiskSpace.bytes(
            parameters: parameters, moments: trainer.model.optimizer.moments.count, kept: options.checkpoints.keep)
    }
}

extension PretrainingEstimate {
    /// - Parameter start: whose weights the run would begin with; nil for random ones.
    /// - Throws: as `Computing`, and what reading `start` throws.
    public init(
        _ encoder: EncoderOptions, _ options: PretrainingOptions, _ data: PretrainingData, start: PretrainedStart? = nil
    ) throws {
        func estimate<O: PretrainingObjective>(_: O.Type) throws -> PretrainingEstimate {
            try PretrainingEstimate(
                options, data, start: { _ = try start?.read(into: $1, of: $0) },
                { O(encoder, options, tokenCounts: data.tokenCounts, $0) })
        }
        self = try estimate(options.objectiveType)
    }
}

extension Budget {
    /// The budget as a number of steps; only seconds have to be measured, so that the rest is the same on every machine.
    func steps(
        _ size: BatchSize, _ data: some TrainingData, inSeconds: (Double) throws -> Int
    ) rethrows -> Int {
        switch self {
        case .steps(let count): count
        case .tokens(let count): max(1, Int((Double(count) / data.meanTokens(ofSteps: size)).rounded(.up)))
        case .epochs(let count): data.ends(size, epochs: count).last ?? 0
        case .seconds(let seconds): try inSeconds(seconds)
        }
    }

    /// The steps that so many seconds are enough for, at least one, with an evaluation at the end.
    static func steps(
        inSeconds seconds: Double, secondsPerStep: Double, secondsPerEvaluation: Double, evaluateEvery: Int
    ) -> Int {
        let evaluation = evaluateEvery > 0 ? secondsPerEvaluation / Double(evaluateEvery) : 0
        return max(1, Int((seconds - secondsPerEvaluation) / (secondsPerStep + evaluation)))
    }
}

/// Seconds that `work` takes.
public func elapsed(_ work: () -> Void) -> Double {
    let start = ContinuousClock.now
    work()
    return start.duration(to: .now).seconds
}
