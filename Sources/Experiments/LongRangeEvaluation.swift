import Checkpoints
import Console
import Foundation
import LongRange
import Tasks
import Tensors
import Training

/// Test scores of the Long Range Arena as percentages, with their average.
struct LongRangeTable {
    /// How a checkpoint says that its task is one of these: one of a user's own may be called `text` too.
    static let benchmark = "lra"

    private var scores: [String: TaskEvaluation] = [:]

    mutating func add(_ task: LongRangeTask, _ evaluation: TaskEvaluation) { scores[task.name] = evaluation }

    var text: String {
        let tasks = LongRangeTask.all
        let found = tasks.compactMap { scores[$0.name]?.primary }
        let missing = tasks.filter { scores[$0.name] == nil }.map(\.title)
        let average = found.reduce(0, +) / Double(max(1, found.count))
        let cells = tasks.map { task in scores[task.name].map { Show.points($0.primary) } ?? "–" }
        let rows = tasks.map { task in scores[task.name].map { Show.grouped($0.rows) } ?? "–" }
        func line(_ head: String, _ cells: [String]) -> String { "| \(head) | \(cells.joined(separator: " | ")) |" }
        let lines =
            [
                line("", tasks.map(\.title) + ["average"]), "|" + String(repeating: "---|", count: tasks.count + 2),
                line("test accuracy", cells + [Show.points(average)]), line("test rows", rows + [""]),
            ] + (missing.isEmpty ? [] : ["", "the average is without \(missing.joined(separator: ", "))"])
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Evaluation {
    /// The test score of a checkpoint of the Long Range Arena, or with the task `lra` the table of the runs below `checkpoint`;
    /// nil where that is none, and other tasks are meant.
    ///
    /// - Throws: `CheckpointError` where there are none, or some of other settings, and what reading files throws.
    public func longRange(_ checkpoint: String, _ task: String?) throws -> String? {
        guard task?.lowercased() == "lra" else {
            let folder = ModelPath.url(checkpoint)
            let known = try task == nil ? HuggingFaceConfiguration(of: folder).provenance : nil
            let isOne = known?.benchmark == LongRangeTable.benchmark
            guard let named = (task ?? (isOne ? known?.task : nil)).flatMap(LongRangeTask.named) else {
                return nil
            }
            let scores = DevScores(evaluation: try evaluation(of: folder, named))
            return "\(named.title) test: \(Show.result(scores))\n"
        }
        var table = LongRangeTable()
        let folder = URL(fileURLWithPath: checkpoint, isDirectory: true)
        let runs = LongRangeTask.all.map { ($0, folder.appendingPathComponent("\($0.name)/best")) }
            .filter { FileManager.default.fileExists(atPath: $1.path) }
        guard let first = runs.first else {
            throw CheckpointError(folder, "holds no run of a task; wanted for example \(checkpoint)/listops/best")
        }
        _ = try TableSettings.common(to: runs.map(\.1), title: first.0.title)
        for (task, best) in runs { table.add(task, try evaluation(of: best, task)) }
        return table.text
    }

    private func evaluation(of folder: URL, _ task: LongRangeTask) throws -> TaskEvaluation {
        guard length == nil else {
            throw UsageError("--length with a task of the Long Range Arena, whose documents have lengths of their own")
        }
        let configuration = try HuggingFaceConfiguration(of: folder)
        let known = configuration.provenance
        guard known?.task == task.name, known?.benchmark == LongRangeTable.benchmark else {
            throw CheckpointError(folder, "was not trained on \(task.title); wanted a run of yoso finetune")
        }
        guard let data = data ?? known?.data else {
            throw TaskError("data", "no folder is named; pass --data DIR")
        }
        let rows = try task.rows(.test, in: URL(fileURLWithPath: data, isDirectory: true))
        return try task.evaluation(of: folder, rows, precision: precision)
    }
}
