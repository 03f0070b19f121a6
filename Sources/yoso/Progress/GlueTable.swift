import Foundation
import Glue
import Recipes
import Training

/// Dev scores of several tasks by one protocol, as percentages, with their average, and what others published.
struct GlueTable {
    let `protocol`: FineTuningProtocol?
    private var rows: [(task: GlueTask, evaluation: TaskEvaluation, note: String)] = []

    init(_ protocol: FineTuningProtocol?) { self.protocol = `protocol` }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ task: GlueTask, _ evaluation: TaskEvaluation, note: String = "") {
        rows.append((task, evaluation, note))
    }

    var text: String {
        let lines = rows.map { task, evaluation, note in
            let scores = evaluation.scores.sorted { $0.key < $1.key }
                .map { "\($0.key) \(Show.points($0.value))" }.joined(separator: ", ")
            let dead = evaluation.isConstant && note.isEmpty ? "dead: every prediction is the same" : note
            let published = anchors.compactMap { $0.text(of: task) }.joined(separator: "; ")
            return "| \(task.title) | \(Show.points(evaluation.primary)) | \(scores) | "
                + "\(Show.grouped(evaluation.rows)) | \(dead) |" + (anchors.isEmpty ? "" : " \(published) |")
        }
        let missing = GlueTask.all.filter { task in !rows.contains { $0.task == task } }.map(\.title)
        let average = rows.reduce(0) { $0 + $1.evaluation.primary } / Double(max(1, rows.count))
        let without =
            missing.isEmpty ? "all nine tasks" : "\(rows.count) tasks, without \(missing.joined(separator: ", "))"
        let (head, rule) = anchors.isEmpty ? ("", "") : (" published |", "---|")
        let table =
            ["| task | score | metrics | dev rows | |\(head)", "|---|---|---|---|---|\(rule)"] + lines
            + ["| average | \(Show.points(average)) | | | of \(without) |" + (anchors.isEmpty ? "" : " |")]
        return (table + (self.protocol.map { ["", Self.source(of: $0)] } ?? [])).joined(separator: "\n")
    }

    private var anchors: [PublishedScores] { self.protocol?.published ?? [] }

    /// Where the published column is from, and how it was made.
    static func source(of protocol: FineTuningProtocol) -> String {
        let seeds = `protocol`.seeds > 1 ? ", over \(`protocol`.seeds) seeds" : ""
        let split = `protocol`.published.first.map { "published: \($0.split) scores" } ?? "no published table is stored"
        return "protocol \(`protocol`.name): \(`protocol`.source); \(split)\(seeds)"
    }
}
