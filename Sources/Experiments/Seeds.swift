import Checkpoints
import Console
import Foundation
import Reports
import Tasks
import Training

/// The runs of one task with several seeds, as `seeds.json` of their folder.
public struct SeedReport: Codable {
    public internal(set) var task: String
    public internal(set) var `protocol`: String?
    /// As of `TaskEvaluation`.
    public internal(set) var metrics: [Metric]?
    public internal(set) var labels: String?
    public internal(set) var texts: String?
    /// Dev rows of a score, and the splits that are not the official ones.
    public internal(set) var rows: Int?
    public internal(set) var subsets: [SplitCount]?
    /// Of every seed that came to an end, in order.
    public internal(set) var seeds: [Int]
    public internal(set) var statistics: SeedStatistics?
    /// Seeds whose loss was no number any more, or that say the same of every row.
    public internal(set) var diverged: [Int]
    public internal(set) var dead: [Int]
    /// Settings, and epochs, of which each score is the best on the rows that it is of, 1 where none is chosen; nil of earlier programs,
    /// and of the Long Range Arena, where other rows choose.
    public internal(set) var choices: Int?
    public internal(set) var epochs: Int?

    public static let fileName = "seeds.json"

    /// `5 seeds`, `4 seeds, 1 diverged, 2 dead`: those that came to an end, and the others.
    var ending: String {
        let others = [(diverged.count, "diverged"), (dead.count, "dead")].filter { $0.0 > 0 }
        return (["\(seeds.count) seeds"] + others.map { "\($0.0) \($0.1)" }).joined(separator: ", ")
    }

    /// `the median of 5 seeds`, of an even number the lower one of the two in the middle, which `best` is.
    var middle: String { "\(seeds.count % 2 == 0 ? "the lower middle one" : "the median") of \(ending)" }

    /// That of a folder of seeds; nil where there is none, or a damaged one.
    public static func of(_ folder: URL) -> SeedReport? {
        let file = folder.appendingPathComponent(fileName)
        return (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(SeedReport.self, from: $0) }
    }

    /// `5 seeds: median 61.2, mean 60.9 ± 1.3, 95% interval of the mean 59.8 to 62.0; 0 diverged, 0 dead`
    public var text: String {
        let scores = statistics.map {
            "median \(Show.points($0.median)), mean \(Show.points($0.mean))"
                + ($0.deviation.map { " ± \(Show.points($0))" } ?? "")
                + ($0.interval.map {
                    ", 95% interval of the mean \(Show.points($0.low)) to \(Show.points($0.high))"
                }
                    ?? ($0.scores.count < SeedStatistics.scoresOfAnInterval
                        ? "; an interval wants \(SeedStatistics.scoresOfAnInterval) seeds" : ""))
        }
        let chosen = choices.map { $0 > 1 ? ", each the best of \($0) settings on the same rows" : "" } ?? ""
        return "\(seeds.count) seeds: \(scores ?? "none came to an end")\(chosen); "
            + "\(diverged.count) diverged, \(dead.count) dead"
    }
}

/// A fine-tuning with several seeds, each in a folder of its own.
public struct Seeds {
    public let run: FineTuning
    /// Seeds 1 to this.
    public let count: Int
    /// What each of them is, beside its seed: a search, or one run.
    private let grid: [String]

    public init(_ run: FineTuning, count: Int, grid: [String] = []) {
        (self.run, self.count, self.grid) = (run, count, grid)
    }

    /// The folder of all runs.
    ///
    /// - Throws: what reading the recipe throws.
    public var folder: String { get throws { try run.output ?? "Checkpoints/\(run.taskName)-seeds" } }

    /// Runs all of them, writes `seeds.json`, and points `best` at that of the median, the lower one of two; a run that diverges
    /// does not stop the others.
    ///
    /// - Returns: the report, and what the run of the median scored; nil where none came to an end.
    /// - Throws: as `FineTuning.run`; `AllDiverged`.
    @discardableResult public func run(
        _ observer: some RunObserver
    ) throws -> (report: SeedReport, median: TaskEvaluation?) {
        var scores: [TaskEvaluation?] = []
        try run.spread.each(Array(1...count), { try score(of: $0, observer) }, then: { scores.append($1) })
        let outcome = try finish(scores, observer)
        guard outcome.median != nil else { throw AllDiverged(folder: try folder, what: "seeds") }
        return outcome
    }

    /// What the run of a seed scores; nil where it diverges.
    func score(of seed: Int, _ observer: some RunObserver) throws -> TaskEvaluation? {
        try RunFolder.checkNoRun(in: try folder, nor: Search.leaderboardName)
        try RunFolder.check(runs: (1...count).map { "seed-\($0)" }, in: try folder) { $0.hasPrefix("seed-") }
        let one = run.setting(["seed=\(seed)"]).into("\(try folder)/seed-\(seed)")
        observer.line("")
        observer.line("seed \(seed)")
        return try observer.unlessDiverged {
            try one.longRangeRecipe(grid: grid).map { try one.run($0, observer) }
                ?? Search(one, grid: grid).run(observer).evaluation
        }
    }

    /// What is left of the scores of all seeds, in order.
    func finish(
        _ scores: [TaskEvaluation?], _ observer: some RunObserver
    ) throws -> (report: SeedReport, median: TaskEvaluation?) {
        let folder = try folder
        var report = SeedReport(
            task: try run.taskName, protocol: run.published?.name, seeds: [], diverged: [], dead: [])
        if try run.longRangeRecipe(grid: grid) == nil {
            let options = try run.read().options
            report.choices = try Search(run, grid: grid).points
            report.epochs = options.selection == .best ? options.epochs : 1
        }
        var evaluations: [(seed: Int, evaluation: TaskEvaluation)] = []
        for (seed, evaluation) in zip(1..., scores) {
            guard let evaluation else {
                report.diverged.append(seed)
                continue
            }
            report.seeds.append(seed)
            evaluations.append((seed, evaluation))
            (report.rows, report.subsets) = (evaluation.rows, evaluation.subsets)
            (report.metrics, report.labels, report.texts) = (evaluation.metrics, evaluation.labels, evaluation.texts)
            if evaluation.isConstant { report.dead.append(seed) }
        }
        let sorted = evaluations.sorted { $0.evaluation.primary < $1.evaluation.primary }
        let median = sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2]
        if let median {
            report.statistics = SeedStatistics(evaluations.map(\.evaluation.primary))
            try RunFolder.link(
                "seed-\(median.seed)/best", as: RunFolder.bestName, in: URL(fileURLWithPath: folder, isDirectory: true))
        }
        try ReportFile.write(report, to: "\(folder)/\(SeedReport.fileName)")
        observer.line("")
        observer.line(report.text)
        (report.subsets ?? []).forEach { observer.line("\($0)") }
        return (report, median?.evaluation)
    }
}
