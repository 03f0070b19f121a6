import Foundation
import Glue
import Tokenization

/// The labelled rows of a task, encoded, with what was noticed about them.
public struct TaskData: Sendable {
    public let task: GlueTask
    public let training: [EncodedRow]
    public let dev: [EncodedRow]
    /// Lines for the user: other numbers of rows than the official ones, truncation, a single class.
    public let notes: [String]

    /// Reads and encodes the splits from `folder`; `training` only where it is wanted.
    public init(
        _ task: GlueTask, in folder: URL, _ tokenizer: any Tokenizer, length: Int, withTraining: Bool = true
    ) throws {
        self.task = task
        let trainingRows = withTraining ? try TaskFile(task, .train, in: folder).rows : []
        let devRows = try TaskFile(task, .dev, in: folder).rows
        training = trainingRows.map { $0.encoded(tokenizer, length: length) }
        dev = devRows.map { $0.encoded(tokenizer, length: length) }
        notes =
            (withTraining ? Self.notes(task, "training", training, official: task.trainRows) : [])
            + Self.notes(task, "dev", dev, official: task.devRows)
    }

    private static func notes(_ task: GlueTask, _ split: String, _ rows: [EncodedRow], official: Int) -> [String] {
        var notes: [String] = []
        if rows.count != official {
            notes.append("\(task.title): \(rows.count) of \(official) \(split) rows; not the official set")
        }
        let truncated = rows.count { $0.isTruncated }
        if truncated > 0 {
            notes.append("\(task.title): \(truncated) of \(rows.count) \(split) rows were cut to the length")
        }
        if !task.isRegression, Set(rows.map(\.target)).count == 1 {
            notes.append("\(task.title): all \(split) rows have the label '\(task.labels[Int(rows[0].target)])'")
        }
        return notes
    }
}
