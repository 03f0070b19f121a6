import Checkpoints
import Console
import Foundation
import LongRange
import Recipes
import Reports
import Tasks
import Training

/// Tasks of the Long Range Arena by the recipes of their names, once for every value of a key and for every seed, each in a folder
/// of its own, and the table and the page of test scores. Interrupted, the same goes on where it was.
public struct LongRangeComparison {
    private let run: FineTuning
    private let variants: [SweepVariant]
    private let grid: [String]
    private let seeds: Int?
    private let isShort: Bool

    /// - Parameters:
    ///   - run: names one of the tasks; with another name every task is run whose files there are.
    ///   - over: the key and its values, as of `Sweep`; nil for what the recipes say.
    ///   - seeds: of each; nil for the recipe's.
    ///   - isShort: whether by the recipes for two cores.
    /// - Throws: `UsageError` where `over` is no such text, or its key is set otherwise too.
    public init(_ run: FineTuning, over: String?, grid: [String], seeds: Int?, isShort: Bool) throws {
        (self.run, self.grid, self.seeds, self.isShort) = (run, grid, seeds, isShort)
        variants = try over.map(SweepVariant.parse) ?? []
        let taken = ["task", "data"] + (seeds == nil ? [] : ["seed"]) + run.overrides.map(\.key)
        if let key = variants.first?.key, taken.contains(key) {
            throw UsageError("--over \(key): it is set by a flag of its own too; wanted one of them")
        }
    }

    private var task: LongRangeTask? { run.task.flatMap(LongRangeTask.named) }

    /// The folder of all runs.
    public var folder: String {
        run.output ?? "Checkpoints/lra" + (task.map { "-\($0.name)" } ?? "") + (isShort ? "-short" : "")
    }

    /// Runs all, task by task, and writes `table.md` and `report.html` after every one.
    ///
    /// - Throws: as `FineTuning.run`; `UsageError` where data is not named, or a recipe is.
    public func run(_ observer: some RunObserver) throws {
        guard let data = run.data else {
            throw UsageError("--task \(run.task ?? "lra") wants --data DIR, the folder of all tasks")
        }
        if let recipe = run.recipe {
            throw UsageError("--task lra with \(recipe): wanted no recipe, for every task has its own")
        }
        let files = URL(fileURLWithPath: data, isDirectory: true)
        let tasks = task.map { [$0] } ?? LongRangeTask.all.filter { $0.isThere(in: files) }
        guard !tasks.isEmpty else {
            throw TaskError(data, "holds no task; yoso data lra --output \(data) makes four of them")
        }
        try ReportFile.check(table: "\(folder)/table.md")
        try checkRows(of: tasks)
        // What is wrong with settings is said before the first run starts.
        let plan = try tasks.map { task in try (task, settings.map { try one(task, $0) }) }
        for (_, runs) in plan {
            guard let (one, other) = ResolvedRecipe.alike(runs.map(\.recipe.resolved)) else { continue }
            throw UsageError("--over: '\(runs[one].name)' and '\(runs[other].name)' are the same")
        }
        var (table, rows, scores) = (LongRangeTable(), [String: [[LongRangeRow]]](), [TaskEvaluation?]())
        try run.spread.each(plan.flatMap(parts)) { part in
            observer.line("")
            observer.line("\(part.task.title), \(part.name)")
            if rows[part.task.name] == nil {
                // Of one task at a time.
                rows = [:]
                rows[part.task.name] = try part.task.rows(LongRangeTask.Split.allCases, in: files)
            }
            var one = part.run
            one.splits = rows[part.task.name]
            return try score(one, part.recipe, seed: part.seed, observer)
        } then: { part, score in
            scores.append(score)
            guard part.seed ?? seeds == seeds else { return }
            var cell = try cell(part.run, scores, observer)
            cell.isReleased = part.task.isReleased(in: files)
            table.add(part.name, part.task, cell)
            scores = []
            try ReportFile.write(text: table.text, to: "\(folder)/table.md")
            try ReportFile.write(text: table.page.text, to: "\(folder)/\(RunFolder.pageName)")
        }
        observer.line("")
        observer.line(table.text)
        observer.line("\(folder)/table.md, \(folder)/\(RunFolder.pageName)")
    }

    /// - Throws: `CheckpointError` where there are runs of tasks, or of values, that the table would lose.
    private func checkRows(of tasks: [LongRangeTask]) throws {
        let names = LongRangeTask.all.map(\.name)
        try RunFolder.check(runs: variants.isEmpty ? tasks.map(\.name) : [], in: folder, where: names.contains)
        for task in names {
            try RunFolder.check(runs: variants.map(\.folder), in: folder, below: task) { !names.contains($0) }
        }
        for variant in variants {
            try RunFolder.check(
                runs: tasks.map(\.name), in: "\(folder)/\(variant.folder)", where: names.contains)
        }
    }

    private var settings: [SweepVariant?] { variants.isEmpty ? [nil] : variants }

    /// A task with a value of the key: what it is called, and its run.
    private func one(
        _ task: LongRangeTask, _ variant: SweepVariant?
    ) throws -> (name: String, run: FineTuning, recipe: LongRangeRecipe) {
        let parts = [folder] + (variant.map { [$0.folder] } ?? []) + [task.name]
        var one = run.setting(variant?.settings ?? []).into(parts.joined(separator: "/"))
        (one.task, one.recipe) = (task.name, task.recipe(isShort: isShort))
        guard let recipe = try one.longRangeRecipe(grid: grid) else {
            throw UsageError("--task \(task.name): wanted a recipe of kind longrange at \(one.recipe ?? "")")
        }
        return (variant?.name ?? recipe.encoder.attention.name, one, recipe)
    }

    /// A run of a task with a value of the key and one of its seeds; nil for the recipe's.
    private typealias Part = (task: LongRangeTask, name: String, run: FineTuning, recipe: LongRangeRecipe, seed: Int?)

    private func parts(
        of task: LongRangeTask, _ runs: [(name: String, run: FineTuning, recipe: LongRangeRecipe)]
    ) -> [Part] {
        let seeds: [Int?] = seeds.map { Array(1...$0) } ?? [nil]
        return runs.flatMap { one in seeds.map { (task, one.name, one.run, one.recipe, $0) } }
    }

    /// Of the test rows; nil where the run diverges.
    private func score(
        _ one: FineTuning, _ recipe: LongRangeRecipe, seed: Int?, _ observer: some RunObserver
    ) throws -> TaskEvaluation? {
        if let seed { return try Seeds(one, count: seeds ?? seed).score(of: seed, observer) }
        return try observer.unlessDiverged { try one.run(recipe, observer) }
    }

    /// Runs that diverge leave their place empty.
    private func cell(
        _ one: FineTuning, _ scores: [TaskEvaluation?], _ observer: some RunObserver
    ) throws -> LongRangeTable.Cell {
        let folder = one.output ?? ""
        func costs(_ folders: [String]) -> [RunCost] {
            folders.compactMap { RunCost(of: URL(fileURLWithPath: $0, isDirectory: true)) }
        }
        if let seeds {
            let report = try Seeds(one, count: seeds).finish(scores, observer).report
            return .init(
                scores: report.statistics?.scores ?? [], rows: report.rows ?? 0,
                costs: costs(report.seeds.map { "\(folder)/seed-\($0)" }), seeds: report)
        }
        guard let score = scores.compactMap({ $0 }).first else { return .init() }
        return .init(scores: [score.primary], rows: score.rows, costs: costs([folder]))
    }
}
