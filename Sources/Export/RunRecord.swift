import Checkpoints
import Experiments
import Foundation
import Recipes
import Training

/// What the folder of a run tells of one of its checkpoints.
struct RunRecord {
    let step: Int
    /// Nil where the run has none.
    let recipe: RecordedRecipe?
    /// What held-out text gave at this step, and what dev rows did; nil where nobody evaluated it.
    let heldOut: EvaluationReport<Figures>?
    let dev: EvaluationReport<DevScores>?
    /// What computed, in order; empty where the run's state is gone.
    let arithmetics: [String]
    /// The seeds of which this run is one.
    let seeds: SeedReport?
    /// Whether it is a point of a search.
    let isSearched: Bool

    /// Nil where `checkpoint` does not stand in the folder of a run.
    ///
    /// - Throws: `CheckpointError` where the run's log or recipe is damaged.
    init?(of checkpoint: URL) throws {
        let checkpoint = checkpoint.resolvingSymlinksInPath()
        let run = checkpoint.deletingLastPathComponent()
        let log = run.appendingPathComponent(RunFolder.logName)
        let digits = checkpoint.lastPathComponent.split(separator: "-").last.flatMap { Int($0) }
        guard let step = digits, RunFolder.checkpointName(step) == checkpoint.lastPathComponent,
            FileManager.default.fileExists(atPath: log.path)
        else { return nil }
        if let problem = MetricsLog.problem(in: run) { throw problem }
        self.step = step
        let recipe = run.appendingPathComponent(RunFolder.recipeName)
        let text = try? String(contentsOf: recipe, encoding: .utf8)
        self.recipe = try text.map { text in
            guard let recorded = try? RecordedRecipe(text: text, name: recipe.relativePath) else {
                throw CheckpointError(recipe, "damaged: no recipe; remove it to export without what it tells")
            }
            return recorded
        }
        heldOut = try MetricsLog.values(
            EvaluationReport<Figures>.self, kind: MaskedWords.evaluationKind, in: log
        ).last { $0.step == step }
        dev = try MetricsLog.values(
            EvaluationReport<DevScores>.self, kind: Classification.evaluationKind, in: log
        ).last { $0.step == step }
        let newest = RunFolder.newestStep(in: run)
        let state = newest.flatMap { newest in
            try? RunState(of: run.appendingPathComponent(RunFolder.stateName(newest), isDirectory: true), step: newest)
        }
        arithmetics = state?.arithmetics ?? []
        let parent = run.deletingLastPathComponent()
        isSearched = FileManager.default.fileExists(
            atPath: parent.appendingPathComponent(Search.leaderboardName).path)
        // Each seed may be a search of its own.
        seeds = SeedReport.of(isSearched ? parent.deletingLastPathComponent() : parent)
    }

    /// Whether its generator, and not it, was asked for masked words.
    var replacesTokens: Bool { self["objective"] == ReplacedTokens.name }

    /// Whether it was, as all were before recipes had a word for it: the order of sentences is learned beside that alone.
    var learnsMaskedWords: Bool { self["objective"] ?? MaskedWords.name == MaskedWords.name }

    /// Tokens that the weights of this step had learned from, and seconds of work; nil where it was not evaluated.
    var tokens: Int? { heldOut?.totalTokens ?? dev?.totalTokens }
    var seconds: Double? { heldOut?.seconds ?? dev?.seconds }
    /// The same times the cores that worked; nil also of earlier programs.
    var coreSeconds: Double? { heldOut?.coreSeconds ?? dev?.coreSeconds }

    /// The first value of a key of the recipe.
    subscript(key: String) -> String? { recipe?[key].first }
}
