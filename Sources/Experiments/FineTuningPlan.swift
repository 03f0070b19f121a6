import Console
import Glue
import LongRange
import Recipes
import Training

import enum Options.Spelling

/// What is asked for of fine-tuning: a run, several seeds of it, a search, or all tasks of a benchmark.
public struct FineTuningPlan {
    public var run = FineTuning()
    /// Keys and values to search, as of `Search`.
    public var grid: [String] = []
    public var seeds: Int?
    /// Of all tasks; nil is by majority.
    public var wnli: WNLIPolicy?
    /// A key and its values, as of `LongRangeComparison`.
    public var over: String?
    /// Whether by the short recipes of the Long Range Arena.
    public var isShort = false
    /// As of `FineTuningProtocol`.
    public var protocolName: String? { didSet { run.published = protocolName.flatMap(FineTuningProtocol.named) } }

    public init(_ change: (inout FineTuningPlan) -> Void) {
        change(&self)
        // As sweep takes one of a task of the user's own.
        if run.recipe == nil, run.task?.hasSuffix(".yaml") == true { (run.recipe, run.task) = (run.task, nil) }
    }

    private var arenaTask: LongRangeTask? { run.task.flatMap(LongRangeTask.named) }

    /// What contradicts itself, in the words of the command line.
    ///
    /// - Throws: `UsageError`.
    public func check() throws {
        if let protocolName, run.published == nil {
            let names = FineTuningProtocol.all.map(\.name)
            throw UsageError(
                "--protocol \(protocolName)\(Spelling.hint(for: protocolName, among: names)): wanted one of "
                    + names.joined(separator: ", "))
        }
        try run.check(grid: grid, seeds: seeds)
        if let wnli, run.task != "all" { throw UsageError("--wnli \(wnli.rawValue): wanted --task all") }
        for (option, isThere) in [("--over", over != nil), ("--short", isShort)] where isThere {
            guard run.task == "lra" || arenaTask != nil, run.recipe == nil else {
                throw UsageError("\(option): wanted --task lra, or a task of the Long Range Arena, and no recipe")
            }
        }
        if over != nil { _ = try comparison }
        let isSeveral =
            seeds ?? 1 > 1 || over != nil || !(grid + run.publishedGrid).isEmpty
            || ["all", "lra"].contains(run.task)
        try run.spread.check(
            hasSeveralRuns: isSeveral, wanted: "--seeds, --search, --over, or --task all or lra, or no --spread")
    }

    private var comparison: LongRangeComparison {
        get throws { try LongRangeComparison(run, over: over, grid: grid, seeds: seeds, isShort: isShort) }
    }

    /// Does all of it.
    ///
    /// - Returns: the command that one might go on with.
    /// - Throws: as `FineTuning.run`.
    public func run(_ observer: some RunObserver) throws -> ShellCommand {
        if run.task == "lra" || over != nil {
            let all = try comparison
            try all.run(observer)
            return "yoso evaluate --task lra --checkpoint \(all.folder)"
        }
        if run.task == "all" {
            let all = AllTasks(run, grid: grid, wnli: wnli ?? .majority, seeds: seeds)
            try all.run(observer)
            return "yoso submit --data \(run.data ?? "DIR") --checkpoints \(all.folder)"
        }
        var run = run
        if isShort { run.recipe = arenaTask?.recipe(isShort: true) }
        // Data that ship are made by all ranks together.
        if run.spread == .runs, try run.longRangeRecipe(grid: grid) == nil { try run.checkFiles() }
        if let seeds {
            let seeds = Seeds(run, count: seeds, grid: grid)
            try seeds.run(observer)
            return "yoso compare \(try seeds.folder) ANOTHER, of other settings"
        }
        if let recipe = try run.longRangeRecipe(grid: grid) {
            _ = try run.run(recipe, observer)
            return "yoso evaluate --checkpoint \(run.output ?? "Checkpoints/\(recipe.name)")"
        }
        let search = Search(run, grid: grid)
        _ = try search.run(observer)
        return "yoso predict --checkpoint \(try search.folder), yoso report \(try search.folder)"
    }
}
