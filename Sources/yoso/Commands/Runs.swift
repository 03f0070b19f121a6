import ArgumentParser
import Console
import Foundation
import Training

/// `yoso runs`: what runs there are and how far they came.
struct Runs: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List runs with their state, step, score and age.")

    @Argument(help: "Folders that hold runs.") var folders = ["Checkpoints"]

    func run() throws {
        // Before the first run there is no such folder.
        let folders = folders.filter { $0 != "Checkpoints" || FileManager.default.fileExists(atPath: $0) }
        let runs = try folders.flatMap { try RunSummary.all(below: URL(fileURLWithPath: $0, isDirectory: true)) }
        guard !runs.isEmpty else {
            Terminal.line("no runs in \(self.folders.joined(separator: ", "))")
            return Terminal.next("yoso pretrain tiny")
        }
        let rows =
            [["run", "state", "step", "score", "age"]]
            + runs.map { run in
                [
                    run.folder.relativePath, run.state.rawValue,
                    "\(Show.grouped(run.step))/\(Show.grouped(run.totalSteps))",
                    run.score.map { Show.figures([$0]) } ?? "–",
                    Show.age(run.age),
                ]
            }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            Terminal.line(cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces))
        }
        Terminal.next("yoso report \(runs[0].folder.relativePath)")
    }
}
