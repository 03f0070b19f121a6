import Digests
import Tasks

/// The scores of a model on the dev sets of a task: every row exactly once.
public struct TaskEvaluation: Sendable, Codable, Equatable {
    public let task: String
    public let rows: Int
    /// By the names of the metrics, with that of the dev set behind them where there are several.
    public let scores: [String: Double]
    /// Those whose mean is the score; nil where an earlier program wrote it, as below.
    public let metrics: [Metric]?
    /// Digest of the labels of all rows, in order, by which rows are told from others whatever the vocabulary and the length.
    public let labels: String?
    /// Digest of the texts of all rows, in order, of a task that has them here; nil where an earlier program wrote it.
    public let texts: String?
    /// Whether all predictions are one: a dead model, whatever its accuracy.
    public let isConstant: Bool
    /// The task's score in the average of GLUE, which also chooses the best epoch: the mean over its metrics and dev sets.
    public let primary: Double
    /// The splits behind it that are not the official ones; nil where all are.
    public let subsets: [SplitCount]?

    /// Scores logits of every row, in order.
    ///
    /// - Parameter metrics: those whose mean is the score; nil for the task's own.
    public init(_ data: TaskData, logits: [[Float]], by metrics: [Metric]? = nil) {
        let task = data.task
        let predictions = data.whole(logits, each: task.target.outputs).map { task.target.prediction($0) }
        let truth = data.whole(data.dev.map { $0.target.map(Double.init) })
        let tags = task.target.isOfWords ? task.target.labels : []
        var (scores, scored) = ([String: Double](), [Double]())
        for (file, range) in data.parts {
            for metric in task.metrics + task.others {
                let score = metric.score(
                    Array(predictions[range]), Array(truth[range]), tags: tags,
                    labels: task.target.isMultiLabel ? task.target.labels.count : nil)
                let name = task.dev.count == 1 ? metric.rawValue : "\(metric.rawValue) \(file.title)"
                scores[name] = score
                if (metrics ?? task.metrics).contains(metric) { scored.append(score) }
            }
        }
        self.task = task.name
        self.metrics = metrics ?? task.metrics
        let digest = SHA256()
        for row in truth { ([Double(row.count)] + row).withUnsafeBytes { digest.update($0) } }
        labels = String(digest.hexadecimal().prefix(16))
        texts = Self.digest(of: data.devTexts)
        self.scores = scores
        rows = predictions.count
        subsets = data.subsets.isEmpty ? nil : data.subsets
        // One alone is like itself.
        let said = task.target.isOfWords ? predictions.joined().map { [$0] } : predictions
        isConstant = said.count > 1 && Set(said).count == 1
        primary = scored.reduce(0, +) / Double(max(1, scored.count))
    }
    /// Whether both are of the same rows, as far as they tell.
    public func isOfRows(of other: TaskEvaluation) -> Bool {
        func differ(_ a: String?, _ b: String?) -> Bool { a != nil && b != nil && a != b }
        return rows == other.rows && !differ(labels, other.labels) && !differ(texts, other.texts)
    }

    private static func digest(of texts: [[String]]) -> String? {
        guard texts.contains(where: { !$0.isEmpty }) else { return nil }
        let digest = SHA256()
        for text in texts.joined() { (Array(text.utf8) + [0]).withUnsafeBytes { digest.update($0) } }
        return String(digest.hexadecimal().prefix(16))
    }
}
