import Checkpoints
import Console
import Foundation
import Recipes
import Reports
import Tasks
import Tokenization
import Training

/// Every combination of the values of some keys.
public struct SearchGrid {
    struct Point: Equatable {
        /// `key=value`
        let settings: [String]
        var folder: String { settings.joined(separator: "_").asFolderName }
    }

    let points: [Point]

    /// - Throws: `UsageError` where a text is no `KEY=VALUE,VALUE`.
    public init(_ texts: [String]) throws {
        var keys = ["task", "checkpoint", "data"]
        points = try texts.reduce([Point(settings: [])]) { points, text in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let values = (parts.count == 2 ? parts[1] : "").split(separator: ",", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard !values.contains("") else { throw UsageError("--search \(text): wanted KEY=VALUE,VALUE") }
            let settings = values.map { "\(parts[0])=\($0)" }
            for (index, setting) in settings.enumerated() where settings[..<index].contains(setting) {
                throw UsageError("--search \(text): '\(setting)' occurs twice")
            }
            guard !keys.contains(parts[0]) else {
                throw UsageError("--search \(text): \(parts[0]) is searched twice, or set by a flag of its own")
            }
            if let reason = Self.refused[parts[0]] { throw UsageError("--search \(text): \(parts[0]) \(reason)") }
            keys.append(parts[0])
            return points.flatMap { point in settings.map { Point(settings: point.settings + [$0]) } }
        }
        var folders: [String: Point] = [:]
        for point in points {
            try UsageError.check(folder: point.folder, "--search: ")
            guard let other = folders.updateValue(point, forKey: point.folder) else { continue }
            let names = [other, point].map { "'\($0.settings.joined(separator: " "))'" }.joined(separator: " and ")
            throw UsageError("--search: \(names) are both folder \(point.folder); wanted one")
        }
    }

    /// Keys that make the scores of points others, or nothing of them.
    private static let refused = Dictionary(
        [
            "score", "task.metric", "task.dev", "task.devShare", "task.devSeed", "task.kind", "task.label",
            "task.separator",
        ].map {
            ($0, "decides what the score is, so that points could not be compared")
        } + ["name", "task.name", "threads", "recompute", "deviceTokens"].map { ($0, "changes no score") },
        uniquingKeysWith: { $1 })

    /// How many points train on to the end of which epoch: all for the first, then half as many each time for twice as
    /// long (successive halving: Jamieson & Talwalkar 2016).
    static func rungs(points: Int, epochs: Int) -> [(points: Int, epoch: Int)] {
        var (rungs, left, epoch) = ([(points: Int, epoch: Int)](), points, 1)
        while left > 1, epoch < epochs {
            rungs.append((left, epoch))
            (left, epoch) = ((left + 1) / 2, epoch * 2)
        }
        return rungs + [(left, epochs)]
    }
}

/// A fine-tuning at every point of a grid, or one alone where there is none.
public struct Search {
    private let run: FineTuning
    private let grid: [String]

    /// - Parameter grid: `KEY=VALUE,VALUE`; where it is empty, what the protocol tunes.
    public init(_ run: FineTuning, grid: [String]) {
        (self.run, self.grid) = (run, grid.isEmpty ? run.publishedGrid : grid)
    }

    /// Points of the grid; 1 where there is none.
    var points: Int { get throws { try SearchGrid(grid).points.count } }

    /// The folder of the run, or of all of them.
    ///
    /// - Throws: what reading the recipe throws.
    public var folder: String {
        get throws {
            if let output = run.output { return output }
            let recipe = try run.read()
            return "Checkpoints/\(grid.isEmpty ? recipe.name : "\(recipe.task.name)-search")"
        }
    }

    /// Tries all points of the grid by successive halving, leaves their scores in `leaderboard.md`, and points `best` at the
    /// best. A run that is kept goes on where it stopped, to the same bits as if it had been alone; one that diverges comes last.
    ///
    /// - Returns: the best epoch of the best point.
    /// - Throws: as `FineTuning.run`; `UsageError` where the grid is none, `AllDiverged`.
    public func run(_ observer: some RunObserver) throws -> EvaluationReport<DevScores> {
        guard !grid.isEmpty else { return try run.run(observer) }
        let (task, points, folder) = (try run.read().task, try SearchGrid(grid).points, try folder)
        try RunFolder.checkNoRun(in: folder, nor: SeedReport.fileName)
        try ReportFile.check(table: "\(folder)/\(Self.leaderboardName)")
        try RunFolder.check(runs: points.map(\.folder), in: folder)
        if grid.contains(where: { $0.hasPrefix("task.train=") }), task.dev.contains(where: { $0.part != nil }) {
            throw UsageError(
                "--search task.train: dev rows are held out of it, so that points could not be compared; wanted task.dev"
            )
        }
        let common = run.settings(less: grid)
        // Every point is read before the first one starts.
        let recipes = try points.map { try run.setting($0.settings, by: "--search").read() }
        var kept = zip(points, recipes).map { point, recipe in
            var one = run.setting(point.settings, by: "--search").into("\(folder)/\(point.folder)")
            one.tableSettings = common
            return SearchEntry(point: point, run: one, epochs: recipe.options.epochs)
        }
        if let (one, other) = ResolvedRecipe.alike(recipes.map(\.resolved)) {
            throw UsageError("--search: '\(kept[one].name)' and '\(kept[other].name)' are the same")
        }
        // No point has a checkpoint of its own, and so no vocabulary.
        var tokenizer: (any Tokenizer)?
        for recipe in recipes { tokenizer = try run.start(of: recipe, tokenizer).tokenizer }
        let epochs = kept.reduce(1) { max($0, $1.epochs) }
        var (board, diverged): ([SearchEntry], [SearchEntry]) = ([], [])
        for rung in SearchGrid.rungs(points: kept.count, epochs: epochs) {
            var scored: [SearchEntry] = []
            // One that diverges gives its place to the next.
            while scored.count < rung.points, !kept.isEmpty {
                let tried = Array(kept.prefix(rung.points - scored.count))
                kept.removeFirst(tried.count)
                try run.spread.each(tried) {
                    try $0.report(observer, untilEpoch: rung.epoch)
                } then: { entry, report in
                    var entry = entry
                    entry.report = report
                    if report == nil { diverged.append(entry) } else { scored.append(entry) }
                }
            }
            kept = scored.sorted { $0.score > $1.score } + kept
            board = kept + diverged
            try ReportFile.write(text: leaderboard(task, board), to: "\(folder)/\(Self.leaderboardName)")
        }
        observer.line("")
        observer.line(leaderboard(task, board))
        guard let best = board.first, let report = best.report else {
            throw AllDiverged(folder: folder, what: "points")
        }
        try RunFolder.link(
            "\(best.point.folder)/best", as: RunFolder.bestName, in: URL(fileURLWithPath: folder, isDirectory: true))
        observer.line("best: \(folder)/\(best.point.folder)/best, and \(folder)/best points there")
        return report
    }

    /// Of the points of a search, in its folder.
    public static let leaderboardName = "leaderboard.md"

    private func leaderboard(_ task: TaskSource, _ board: [SearchEntry]) -> String {
        let lines = board.map { entry in
            let report = entry.report
            return [
                entry.name, report.map { "\($0.epoch)" } ?? "diverged",
                report?.evaluation.cell ?? "–",
            ]
        }
        let subsets = board.compactMap { $0.report?.evaluation.subsets }.first.map {
            [$0.map(\.description).joined(separator: "; ")]
        }
        let table = MarkdownTable.text([[task.title, "epoch", "dev score"]] + lines)
        return ([table, "protocol \(run.published?.name ?? "own")"] + (subsets ?? [])).joined(separator: "\n\n") + "\n"
    }
}

/// A point of a grid and what came of it.
private struct SearchEntry {
    let point: SearchGrid.Point
    let run: FineTuning
    let epochs: Int
    /// Of its best epoch so far; nil before the first one and where it diverged.
    var report: EvaluationReport<DevScores>?

    var name: String { point.settings.joined(separator: " ") }
    var score: Double { report?.evaluation.primary ?? -.infinity }

    /// What its best epoch gives until the one called `last`; nil where it diverges.
    func report(
        _ observer: some RunObserver, untilEpoch last: Int
    ) throws -> EvaluationReport<DevScores>? {
        observer.line("")
        observer.line("\(name) to epoch \(min(last, epochs)) of \(epochs)")
        return try observer.unlessDiverged { try run.run(observer, untilEpoch: last) }
    }
}
