import Foundation
import Glue
import Training

/// Dev scores of several tasks, as percentages, with their average.
struct GlueTable {
    private var rows: [(task: GlueTask, evaluation: TaskEvaluation, note: String)] = []

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ task: GlueTask, _ evaluation: TaskEvaluation, note: String = "") {
        rows.append((task, evaluation, note))
    }

    var text: String {
        let lines = rows.map { task, evaluation, note in
            let scores = evaluation.scores.sorted { $0.key < $1.key }
                .map { "\($0.key) \(Show.points($0.value))" }.joined(separator: ", ")
            let dead = evaluation.isConstant && note.isEmpty ? "dead: every prediction is the same" : note
            return "| \(task.title) | \(Show.points(evaluation.primary)) | \(scores) | "
                + "\(Show.grouped(evaluation.rows)) | \(dead) |"
        }
        let missing = GlueTask.all.filter { task in !rows.contains { $0.task == task } }.map(\.title)
        let average = rows.reduce(0) { $0 + $1.evaluation.primary } / Double(max(1, rows.count))
        let without =
            missing.isEmpty ? "all nine tasks" : "\(rows.count) tasks, without \(missing.joined(separator: ", "))"
        return
            (["| task | score | metrics | dev rows | |", "|---|---|---|---|---|"] + lines + [
                "| average | \(Show.points(average)) | | | of \(without) |"
            ]).joined(separator: "\n")
    }
}
