import Glue

/// The scores of a classifier on the dev set of a task: every row exactly once.
public struct TaskEvaluation: Sendable, Codable, Equatable {
    public let task: String
    public let rows: Int
    /// By the names of the metrics.
    public let scores: [String: Double]
    /// Whether all predictions are one class: a dead model, whatever its accuracy.
    public let isConstant: Bool
    /// The score that chooses the best epoch.
    public let primary: Double

    /// Scores logits of every row, in order.
    public init(_ task: GlueTask, logits: [[Float]], rows: [EncodedRow]) {
        let predictions = logits.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
        let truth = rows.map { Int($0.target) }
        self.task = task.name
        self.rows = rows.count
        scores = Dictionary(
            uniqueKeysWithValues: task.metrics.map { ($0.rawValue, $0.score(predictions, truth)) })
        isConstant = Set(predictions).count <= 1
        primary = task.primaryMetric.score(predictions, truth)
    }
}
