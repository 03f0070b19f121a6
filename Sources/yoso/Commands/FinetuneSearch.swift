import ArgumentParser
import Foundation
import Glue
import Recipes
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
        points = try texts.reduce([Point(settings: [])]) { points, text in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, !parts[1].hasPrefix(","), !parts[1].hasSuffix(",") else {
                throw ValidationError("--search \(text): wanted KEY=VALUE,VALUE")
            }
            let settings = parts[1].split(separator: ",").map {
                "\(parts[0])=\($0.trimmingCharacters(in: .whitespaces))"
            }
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
    /// Tries all points of the grid by successive halving, and leaves their scores in `leaderboard.md`. A run that is kept goes
    /// on where it stopped, to the same bits as if it had been alone.
    func finetuneSearch(_ grid: [String]) throws -> FineTuningEpochReport {
        let (task, grid) = (try GlueTask.named(task), try SearchGrid(grid))
        let folder = output ?? "Checkpoints/\(task.name)-search"
        let epochs = try FineTuningRecipe(recipe ?? defaultRecipe(task), overrides(task)).options.epochs
        var kept = grid.points
        var board: [(point: SearchGrid.Point, report: FineTuningEpochReport)] = []
        for rung in SearchGrid.rungs(points: grid.points.count, epochs: epochs) {
            var scored: [(point: SearchGrid.Point, report: FineTuningEpochReport)] = []
            for point in kept.prefix(rung.points) {
                Terminal.line("")
                Terminal.line("\(point.settings.joined(separator: " ")) to epoch \(rung.epoch) of \(epochs)")
                var one = self
                one.search = []
                one.settings.settings = point.settings + settings.settings
                one.output = "\(folder)/\(point.folder)"
                scored.append((point, try one.finetune(untilEpoch: rung.epoch)))
            }
            scored.sort { $0.report.evaluation.primary > $1.report.evaluation.primary }
            board = scored + board.filter { entry in !scored.contains { $0.point == entry.point } }
            kept = scored.map(\.point)
            try leaderboard(task, board).write(toFile: "\(folder)/leaderboard.md", atomically: true, encoding: .utf8)
        }
        Terminal.line("")
        Terminal.line(leaderboard(task, board))
        Terminal.line("best: \(folder)/\(board[0].point.folder)/best")
        return board[0].report
    }

    private func leaderboard(
        _ task: GlueTask, _ board: [(point: SearchGrid.Point, report: FineTuningEpochReport)]
    ) -> String {
        let lines = board.map { point, report in
            "| \(point.settings.joined(separator: " ")) | \(report.epoch) | \(Show.percent(report.evaluation.primary)) |"
        }
        return (["| \(task.title) | epoch | dev score |", "|---|---|---|"] + lines).joined(separator: "\n") + "\n"
    }
}
