import Foundation
import Options
import Training

/// Runs with their state, step, score and age, in columns.
public struct RunTable {
    private let runs: [RunSummary]

    public init(runs: [RunSummary]) { self.runs = runs }

    public var lines: [String] {
        let rows =
            [["run", "state", "step", "score", "age"]]
            + runs.map { run in
                [
                    run.folder.relativePath.onOneLine, run.state.rawValue,
                    "\(Show.grouped(run.step))/\(Show.grouped(run.totalSteps))",
                    run.score.map { Show.figures([$0]) } ?? "–",
                    Show.age(run.age),
                ]
            }
        let widths = rows[0].indices.map { column in rows.map { $0[column].terminalColumns }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.terminalColumns) }
            return cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }
    }
}
