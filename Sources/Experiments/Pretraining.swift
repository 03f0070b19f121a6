import Checkpoints
import Communication
import Console
import Foundation
import Recipes
import Reports
import Tensors
import Training

/// A pretraining run by a recipe.
public struct Pretraining {
    public let recipe: PretrainingRecipe
    /// Of the run.
    public let folder: String

    /// What a run ended with.
    public struct Outcome {
        public let evaluation: EvaluationReport<Figures>
        /// The most frequent piece of the text, and the masked accuracy of always guessing it.
        public let guess: (piece: String, accuracy: Double)

        public var text: String {
            let accuracy = Show.percent(guess.accuracy)
            let guesses = [
                evaluation.body["maskedAccuracy"].map { _ in
                    "; always guessing '\(guess.piece)' gives a masked accuracy of \(accuracy)"
                },
                evaluation.body[ReplacedTokens.unmasked].map {
                    "; calling no token replaced gives a replaced accuracy of at least \(Show.percent($0))"
                },
            ]
            return "\(Show.result(evaluation.body)) on held-out text at step \(Show.grouped(evaluation.step))"
                + guesses.compactMap { $0 }.joined()
        }
    }

    /// - Parameter output: the folder of the run; nil for `Checkpoints/NAME`.
    public init(_ recipe: PretrainingRecipe, output: String? = nil) {
        (self.recipe, folder) = (recipe, output ?? "Checkpoints/\(recipe.name)")
    }

    /// Runs to the end, or from where the folder's run was left.
    ///
    /// - Parameters:
    ///   - profile: where the time of steps is counted, by phase; nil for nowhere.
    ///   - isElastic: whether it goes on by itself without ranks that are gone, from the last checkpoint.
    /// - Throws: `TrainingError.interrupted` where the observer stops it, `NotElastic`, and what reading and writing files throw.
    public func run(
        _ observer: some RunObserver, profile: StepProfile? = nil, isElastic: Bool = false
    ) throws -> Outcome {
        let interruption = observer.interruption()
        var known: PretrainingSetup?
        func run() throws -> Outcome {
            let folder = try RunFolder(folder, of: .pretraining)
            let setup = try known ?? PretrainingSetup(recipe, observer, interruption)
            known = setup
            return try self.run(folder, setup, observer, interruption, profile)
        }
        return try isElastic ? Ranks.outliving(observer.line, run) : run()
    }

    private func run(
        _ folder: RunFolder, _ setup: PretrainingSetup, _ observer: some RunObserver, _ interruption: Interruption,
        _ profile: StepProfile?
    ) throws -> Outcome {
        let objective = recipe.options.objectiveType
        observer.begin(
            folder,
            try Computing(recipe.options, setup.encoder, objective.problemOnDevice(setup.encoder, recipe.options)))
        let start = try start(setup, observer)
        func run<O: PretrainingObjective>(_: O.Type) throws -> EvaluationReport<Figures> {
            let run = try Run<O>(
                encoder: setup.encoder, options: recipe.options, tokenizer: setup.tokenizer, data: setup.data,
                folder: folder, start: start, recipe: recipe.resolved.yaml, profile: profile, observer.show)
            try run(interruption)
            return try run.best ?? run.lastEvaluation()
        }
        let evaluation = try run(objective)
        try folder.write(try ReportFile.json(evaluation), to: RunFolder.reportName)
        let baseline = setup.baseline
        return Outcome(
            evaluation: evaluation, guess: (setup.tokenizer.piece(baseline.token), baseline.accuracy))
    }

    /// What the run begins with, after a line for all that becomes another; nil for random weights.
    private func start(_ setup: PretrainingSetup, _ observer: some RunObserver) throws -> PretrainedStart? {
        guard let checkpoint = recipe.checkpoint else { return nil }
        let start = try PretrainedStart(ModelPath.url(checkpoint), setup.tokenizer)
        for note in try start.check(setup.encoder, recipe.options, tokenCounts: setup.data.tokenCounts) {
            observer.line("note: \(checkpoint): \(note)")
        }
        return start
    }

    /// What the run would take, by a few steps of it.
    ///
    /// - Parameters:
    ///   - ranks: machines like this one that it would be spread over; nil for this one alone.
    ///   - network: between them, such as `25Gbit`.
    /// - Throws: `UsageError` where these are none, and what reading the recipe's files throws.
    public func estimate(_ observer: some RunObserver, ranks: Int?, over network: String) throws -> EstimateTable {
        guard (1...65536).contains(ranks ?? 1) else {
            throw UsageError("--ranks \(ranks ?? 0): wanted 1 to 65,536")
        }
        if let ranks, ranks > 1, let device = recipe.options.device {
            throw UsageError(
                "--ranks \(ranks) with device: \(device.rawValue): several ranks compute on CPUs alone; wanted cpu")
        }
        guard let network = SpreadEstimate.Network(network) else {
            throw UsageError("--network \(network): wanted a speed such as 25Gbit or 100Mbit")
        }
        let setup = try PretrainingSetup(recipe, observer)
        let start = try start(setup, observer)
        let estimate = try Heartbeat.during {
            $0.enter("building the model and timing its steps")
            return try PretrainingEstimate(setup.encoder, recipe.options, setup.data, start: start)
        }
        return EstimateTable(
            estimate, ranks.map { SpreadEstimate(estimate, ranks: $0, network) },
            free: DiskSpace.free(at: URL(fileURLWithPath: folder, isDirectory: true)))
    }
}
