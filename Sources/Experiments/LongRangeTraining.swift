import Checkpoints
import Communication
import Console
import Foundation
import LongRange
import Recipes
import Reports
import Tasks
import Tensors
import Training

extension FineTuning {
    /// The recipe of a task of the Long Range Arena; nil where no such task is meant.
    ///
    /// - Throws: `UsageError` where what is asked for besides is of pretrained encoders, and `RecipeErrors`.
    public func longRangeRecipe(grid: [String]) throws -> LongRangeRecipe? {
        let named = task.flatMap(LongRangeTask.named)
        guard recipe.map(LongRangeRecipe.isOne) ?? (named != nil) else {
            guard let named, let recipe else { return nil }
            throw UsageError("--task \(named.name) with \(recipe): wanted a recipe of kind longrange")
        }
        for (option, isThere) in [
            ("--checkpoint", checkpoint != nil), ("--from-task", fromTask != nil),
            ("--protocol", published != nil), ("--search", !grid.isEmpty),
        ] where isThere {
            throw UsageError(
                "\(option) with a task of the Long Range Arena, which is learned from random weights by its own recipe; wanted none"
            )
        }
        if let named, let recipe, let own = try? LongRangeRecipe(recipe, overrides), own.task.name != named.name {
            throw UsageError("--task \(named.name) with \(recipe), whose task is \(own.task.name): wanted one of them")
        }
        let flags = ResolvedRecipe.Override.list([("data", data, "--data"), ("task", named?.name ?? task, "--task")])
        return try LongRangeRecipe(recipe ?? named?.recipe() ?? "", overrides + flags)
    }

    /// `report.json`
    private struct LongRangeReport: Codable {
        var best: EvaluationReport<DevScores>
        var test: TaskEvaluation
        /// Of the test rows; earlier programs wrote none.
        var testDigest: String?
    }

    /// Runs to the end and scores the test rows, once, by the best evaluation of the dev rows.
    ///
    /// - Returns: the score of the test rows, of an earlier process where that had come to it.
    /// - Throws: as `run` of a pretrained encoder.
    public func run(_ recipe: LongRangeRecipe, _ observer: some RunObserver) throws -> TaskEvaluation {
        guard let data = recipe.data else {
            throw TaskError("data", "no folder is named; pass --data DIR, or set data in the recipe")
        }
        let (task, files) = (recipe.task, URL(fileURLWithPath: data, isDirectory: true))
        let interruption = observer.interruption()
        let splits = try splits ?? task.rows(LongRangeTask.Split.allCases, in: files)
        let test = splits[2].sample(recipe.options.testRows)
        let counts = splits.map { Show.grouped($0.count) }
        observer.line("\(task.title): \(counts[0]) training, \(counts[1]) dev and \(counts[2]) test rows")
        if let note = recipe.encoder.noteOnDropout { observer.line("note: \(note)") }
        let folder = try RunFolder(output ?? "Checkpoints/\(recipe.name)", of: .longrange)
        observer.begin(folder, try Computing(recipe.options, recipe.encoder), ", weights random")
        let table = TableSettings(protocol: nil, settings: settings(less: []), weights: "random")
        let run = try Run(
            task, encoder: recipe.encoder, options: recipe.options, training: splits[0], dev: splits[1],
            folder: folder, recipe: recipe.resolved.yaml,
            remember: {
                table.note(weights: "random", in: &$0)
                ($0.data, $0.benchmark) = (data, LongRangeTable.benchmark)
            }, observer.show)
        try run(interruption)
        guard let best = run.best else {
            throw CheckpointError(
                folder.metrics,
                "the best evaluation is missing from it, so that no score is told; \(folder.best.relativePath) is unchanged"
            )
        }
        let url = folder.url.appendingPathComponent(RunFolder.reportName)
        let testDigest = test.digest
        let earlier = try Ranks.current.first {
            try? JSONDecoder().decode(LongRangeReport.self, from: Data(contentsOf: url))
        }
        if let earlier, let digest = earlier.testDigest, digest != testDigest {
            observer.line(
                "note: the test rows have changed since \(Show.result(DevScores(evaluation: earlier.test))), a score that this one replaces"
            )
        }
        let scored =
            try earlier.flatMap { $0.best == best && $0.testDigest == testDigest ? $0.test : nil }
            ?? task.evaluation(
                of: folder.best, test, threads: recipe.options.threads, precision: recipe.options.precision,
                device: recipe.options.device
            ) {
                // Nothing of it is kept, and the same command scores the rows again.
                if Ranks.current.any(interruption.isRequested) { throw TrainingError.interrupted(step: best.step) }
            }
        let report = LongRangeReport(best: best, test: scored, testDigest: testDigest)
        try folder.write(ReportFile.json(report), to: RunFolder.reportName)
        observer.line(
            "best: step \(Show.grouped(best.step)), dev \(Show.result(best.body)); test "
                + "\(Show.result(DevScores(evaluation: scored))); \(folder.best.relativePath)")
        return scored
    }

    /// What runs are compared by.
    var taskName: String { get throws { try longRangeRecipe(grid: [])?.task.name ?? read().task.name } }
}
