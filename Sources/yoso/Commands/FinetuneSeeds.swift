import Checkpoints
import Console
import Foundation
import Reports
import Tasks
import Training

/// The runs of one task with several seeds, as `seeds.json` of their folder.
struct SeedReport: Codable {
    var task: String
    var `protocol`: String?
    /// Dev rows of a score, and the splits that are not the official ones.
    var rows: Int?
    var subsets: [SplitCount]?
    /// Of every seed that came to an end, in order.
    var seeds: [Int]
    var statistics: SeedStatistics?
    /// Seeds whose loss was no number any more, or that say the same of every row.
    var diverged: [Int]
    var dead: [Int]

    static let fileName = "seeds.json"

    static func folder(_ output: String, _ seed: Int) -> String { "\(output)/seed-\(seed)" }

    /// `median 61.2, mean 60.9 ± 1.3, 95% interval 59.8 to 62.0`
    var text: String {
        let scores = statistics.map {
            "median \(Show.points($0.median)), mean \(Show.points($0.mean)) ± \(Show.points($0.deviation))"
                + ($0.interval.map {
                    ", 95% interval of the mean \(Show.points($0.low)) to \(Show.points($0.high))"
                } ?? "; an interval wants \(SeedStatistics.scoresOfAnInterval) seeds")
        }
        return
            "\(seeds.count) seeds: \(scores ?? "none came to an end"); \(diverged.count) diverged, \(dead.count) dead"
    }
}

extension Finetune {
    /// Runs seed 1 to `count`, each in a folder of its own, and points `best` at that of the median, the lower one of two; a run
    /// that diverges does not stop the others.
    ///
    /// - Returns: what the run of the median scored; nil where none came to an end.
    func finetuneSeeds(_ count: Int) throws -> TaskEvaluation? {
        let name = try longRangeRecipe()?.task.name ?? read().task.name
        let folder = output ?? "Checkpoints/\(name)-seeds"
        var report = SeedReport(task: name, protocol: self.protocol, seeds: [], statistics: nil, diverged: [], dead: [])
        var evaluations: [(seed: Int, evaluation: TaskEvaluation)] = []
        for seed in 1...count {
            var one = self
            one.seeds = nil
            one.settings.settings.append("seed=\(seed)")
            one.output = SeedReport.folder(folder, seed)
            Terminal.line("")
            Terminal.line("seed \(seed)")
            do {
                let evaluation = try one.longRangeRecipe().map(one.finetune) ?? one.finetune().evaluation
                report.seeds.append(seed)
                evaluations.append((seed, evaluation))
                (report.rows, report.subsets) = (evaluation.rows, evaluation.subsets)
                if evaluation.isConstant { report.dead.append(seed) }
            } catch let error as TrainingError {
                guard case .diverged = error else { throw error }
                Terminal.line("diverged: \(error)")
                report.diverged.append(seed)
            }
        }
        let sorted = evaluations.sorted { $0.evaluation.primary < $1.evaluation.primary }
        let median = sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2]
        if let median {
            report.statistics = SeedStatistics(evaluations.map(\.evaluation.primary))
            try RunFolder.link(
                "seed-\(median.seed)/best", as: "best", in: URL(fileURLWithPath: folder, isDirectory: true))
        }
        try ReportFile.write(report, to: "\(folder)/\(SeedReport.fileName)")
        Terminal.line("")
        Terminal.line(report.text)
        (report.subsets ?? []).forEach { Terminal.line("\($0)") }
        return median?.evaluation
    }
}
