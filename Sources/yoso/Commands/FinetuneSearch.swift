import ArgumentParser
import Checkpoints
import Console
import Foundation
import Recipes
import Reports
import Tasks
import Training

/// Every combination of the values of some keys.
struct SearchGrid {
    struct Point: Equatable {
        /// `key=value`
        let settings: [String]
        var folder: String { settings.joined(separator: "_").asFolderName }
    }

    let points: [Point]

    /// - Throws: `ValidationError` where a text is no `KEY=VALUE,VALUE`.
    init(_ texts: [String]) throws {
        var keys = ["task", "checkpoint", "data"]
        points = try texts.reduce([Point(settings: [])]) { points, text in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, !parts[1].hasPrefix(","), !parts[1].hasSuffix(",") else {
                throw ValidationError("--search \(text): wanted KEY=VALUE,VALUE")
            }
            let settings = parts[1].split(separator: ",").map {
                "\(parts[0])=\($0.trimmingCharacters(in: .whitespaces))"
            }
            for (index, setting) in settings.enumerated() where settings[..<index].contains(setting) {
                throw ValidationError("--search \(text): '\(setting)' occurs twice")
            }
            guard !keys.contains(parts[0]) else {
                throw ValidationError("--search \(text): \(parts[0]) is searched twice, or set by a flag of its own")
            }
            keys.append(parts[0])
            return points.flatMap { point in settings.map { Point(settings: point.settings + [$0]) } }
        }
    }

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

extension Finetune {
    /// Tries all points of the grid by successive halving, leaves their scores in `leaderboard.md`, and points `best` at the
    /// best. A run that is kept goes on where it stopped, to the same bits as if it had been alone; one that diverges comes last.
    func finetuneSearch(_ grid: [String]) throws -> EvaluationReport<DevScores> {
        let (task, grid) = (try read().task, try SearchGrid(grid))
        let folder = output ?? "Checkpoints/\(task.name)-search"
        // Every point is read before the first one starts.
        var kept = try grid.points.map { point in
            var run = self
            run.search = []
            run.settings.settings += point.settings
            run.output = "\(folder)/\(point.folder)"
            return SearchEntry(point: point, run: run, epochs: try run.read().options.epochs)
        }
        let epochs = kept.reduce(1) { max($0, $1.epochs) }
        var (board, diverged): ([SearchEntry], [SearchEntry]) = ([], [])
        for rung in SearchGrid.rungs(points: kept.count, epochs: epochs) {
            var scored: [SearchEntry] = []
            // One that diverges gives its place to the next.
            while scored.count < rung.points, !kept.isEmpty {
                var entry = kept.removeFirst()
                Terminal.line("")
                Terminal.line("\(entry.name) to epoch \(min(rung.epoch, entry.epochs)) of \(entry.epochs)")
                do {
                    entry.report = try entry.run.finetune(untilEpoch: rung.epoch, common: settingsInCommon)
                    scored.append(entry)
                } catch let error as TrainingError {
                    guard case .diverged = error else { throw error }
                    Terminal.line("diverged: \(error)")
                    entry.report = nil
                    diverged.append(entry)
                }
            }
            kept = scored.sorted { $0.score > $1.score } + kept
            board = kept + diverged
            try ReportFile.write(text: leaderboard(task, board), to: "\(folder)/leaderboard.md")
        }
        Terminal.line("")
        Terminal.line(leaderboard(task, board))
        guard let best = board.first, let report = best.report else {
            throw TaskError(folder, "all points diverged; wanted for example lower rates")
        }
        try RunFolder.link("\(best.point.folder)/best", as: "best", in: URL(fileURLWithPath: folder, isDirectory: true))
        Terminal.line("best: \(folder)/\(best.point.folder)/best, and \(folder)/best points there")
        return report
    }

    private func leaderboard(_ task: TaskSource, _ board: [SearchEntry]) -> String {
        let lines = board.map { entry in
            let report = entry.report
            return "| \(entry.name) | \(report.map { "\($0.epoch)" } ?? "diverged") | "
                + "\(report.map { Show.percent($0.evaluation.primary) } ?? "–") |"
        }
        let subsets = board.compactMap { $0.report?.evaluation.subsets }.first.map {
            ["", $0.map(\.description).joined(separator: "; ")]
        }
        let head = ["| \(task.title) | epoch | dev score |", "|---|---|---|"]
        return (head + lines + ["", "protocol \(self.protocol ?? "own")"] + (subsets ?? [])).joined(separator: "\n")
            + "\n"
    }
}

/// A point of a grid and what came of it.
private struct SearchEntry {
    let point: SearchGrid.Point
    let run: Finetune
    let epochs: Int
    /// Of its best epoch so far; nil before the first one and where it diverged.
    var report: EvaluationReport<DevScores>?

    var name: String { point.settings.joined(separator: " ") }
    var score: Double { report?.evaluation.primary ?? -.infinity }
}
