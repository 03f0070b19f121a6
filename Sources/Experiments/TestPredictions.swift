import Foundation
import Glue
import Inference
import Tasks
import Tokenization
import Training

/// The predictions of all test sets of GLUE, for its server.
public struct TestPredictions {
    /// Folder of runs by the names of their tasks.
    private let checkpoints: String
    /// Folder of all tasks' files.
    private let data: String
    private let wnli: WNLIPolicy

    /// - Parameter wnli: WNLI's by the majority of its test set's kind, or by its model.
    public init(checkpoints: String, data: String, wnli: WNLIPolicy) {
        (self.checkpoints, self.data, self.wnli) = (checkpoints, data, wnli)
    }

    /// - Parameter fillMissing: writes the first label, or 2.5, where a model or a test file is missing, rather than refuse.
    /// - Throws: `TaskError` where something is missing, and what reading and predicting throw.
    public func submission(fillMissing: Bool, _ observer: some RunObserver) throws -> Submission {
        let folder = URL(fileURLWithPath: data, isDirectory: true)
        let lacking = fillMissing ? [] : Submission.files.flatMap { lacks($0, $1, folder) }
        guard lacking.isEmpty else {
            throw TaskError("", "no \(lacking.joined(separator: ", no ")); or pass --fill-missing")
        }
        var submission = Submission()
        for (task, file) in Submission.files {
            // 65.1% of WNLI's test rows.
            if task.name == "wnli", wnli == .majority {
                try submission.add(task, file, Array(repeating: 0, count: file.rows ?? 0))
                observer.line("\(file.title): 0 everywhere, the majority")
                continue
            }
            let lacks = lacks(task, file, folder)
            guard lacks.isEmpty else {
                try submission.add(task, file, Array(repeating: task.target.isValue ? 2.5 : 0, count: file.rows ?? 0))
                observer.line("\(file.title): filled, no \(lacks.joined(separator: ", no "))")
                continue
            }
            let checkpoint = checkpoint(of: task)
            let classifier = try SavedClassifier(checkpoint)
            if let note = classifier.note { observer.warn("note: \(note)") }
            let rows = try TaskFile(task, file, labelled: false, in: folder).rows
            let logits = try classifier.logits(
                rows.map { $0.encoded(classifier.tokenizer, length: classifier.length) }, of: task)
            try submission.add(task, file, logits.map { task.target.prediction($0)[0] })
            observer.line("\(file.title): \(rows.count.grouped) rows by \(checkpoint.relativePath)")
        }
        return submission
    }

    /// AX is predicted by the model of MNLI.
    private func checkpoint(of task: TaskSource) -> URL {
        URL(
            fileURLWithPath: "\(checkpoints)/\(task == GlueTask.diagnostic ? "mnli" : task.name)/best",
            isDirectory: true)
    }

    /// What is not there of the model and the test file.
    private func lacks(_ task: TaskSource, _ file: TaskSource.File, _ folder: URL) -> [String] {
        guard task.name != "wnli" || wnli != .majority else { return [] }
        let checkpoint = checkpoint(of: task)
        return [
            FileManager.default.fileExists(atPath: checkpoint.path) ? nil : checkpoint.relativePath,
            TaskFile.exists(task, file, in: folder) ? nil : "\(data)/\(task.title)/\(file.name)",
        ].compactMap { $0 }
    }
}
