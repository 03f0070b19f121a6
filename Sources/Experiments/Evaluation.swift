import Checkpoints
import Console
import Foundation
import Glue
import Inference
import Tasks
import Tensors
import Tokenization
import Training

/// The scores of fine-tuned checkpoints on their tasks' dev sets.
public struct Evaluation {
    /// Folder of the task's files, or a text; nil for the one that a checkpoint was fine-tuned on.
    public var data: String?
    /// Longest input in tokens; nil for that of the fine-tuning, or of text `textLength`.
    public var length: Int?
    /// Most sequences of text that a checkpoint without a task is tried on; nil for `textSequences`.
    public var sequences: Int?
    public var precision = Precision.fp32
    public var device = DeviceChoice.cpu

    public init(_ change: (inout Evaluation) -> Void = { _ in }) { change(&self) }

    /// The score of one checkpoint.
    public struct Score {
        public let task: TaskSource
        public let evaluation: TaskEvaluation
        public let rowsPerSecond: Double

        public var text: String {
            "\(task.title) dev: \(Show.result(DevScores(evaluation: evaluation))), \(Show.count(rowsPerSecond)) rows/s"
        }
    }

    /// The runs below `folder` by the names of their tasks, as a table with the average of GLUE.
    ///
    /// - Parameter wnli: nil for by majority where there is no run.
    /// - Throws: `CheckpointError` where there are none, or some of other settings, and as `score`.
    public func table(of folder: URL, wnli: WNLIPolicy?, _ observer: some RunObserver) throws -> String {
        var runs: [(task: TaskSource, folder: URL)] = []
        for task in GlueTask.all where task.name != "wnli" || wnli == nil || wnli == .train {
            let best = folder.appendingPathComponent("\(task.name)/best")
            if FileManager.default.fileExists(atPath: best.path) { runs.append((task, best)) }
        }
        guard let first = runs.first else {
            throw CheckpointError(folder, "holds no run of a task; wanted for example \(folder.relativePath)/sst2/best")
        }
        var table = GlueTable(try .common(to: runs.map(\.folder), title: first.task.title))
        for (task, best) in runs {
            let known = try HuggingFaceConfiguration(of: best).provenance
            table.add(
                task, try score(of: best, task.name, observer).evaluation,
                more: [
                    Self.state(ofRun: best), SeedReport.of(best.deletingLastPathComponent()).map(\.middle),
                    known?.start.map(GlueTable.beginning),
                ], trainedOn: known?.subsets ?? "")
        }
        if wnli == .majority || wnli == nil && !runs.contains(where: { $0.task.name == "wnli" }) {
            try addMajority(to: &table, first.folder)
        }
        return table.text
    }

    /// WNLI by majority, where its files are.
    private func addMajority(to table: inout GlueTable, _ folder: URL) throws {
        let task = try GlueTask.named("wnli")
        guard let source = try data ?? HuggingFaceConfiguration(of: folder).provenance?.data else { return }
        let files = try SampleData.task(source)
        guard AllTasks.isThere(task, in: files) else { return }
        table.add(task, try .byMajority(task, in: files, TokenizerFolder.load(folder)), note: "by majority")
    }

    /// What is told of a run that did not come to its end; nil of one that did.
    private static func state(ofRun checkpoint: URL) -> String? {
        guard let summary = RunSummary(run(of: checkpoint)), summary.state != .finished else { return nil }
        return "\(summary.state.rawValue) at step \(Show.grouped(summary.step)) of \(Show.grouped(summary.totalSteps))"
    }

    /// Of seeds or a search it is the folder that `best` points into.
    private static func run(of checkpoint: URL) -> URL {
        checkpoint.resolvingSymlinksInPath().deletingLastPathComponent()
    }

    /// What the run of a checkpoint scored last; nil where there is no log beside it.
    private static func last(ofRun checkpoint: URL) -> TaskEvaluation? {
        let log = run(of: checkpoint).appendingPathComponent(RunFolder.logName)
        let reports = try? MetricsLog.values(
            EvaluationReport<DevScores>.self, kind: Classification.evaluationKind, in: log)
        return reports?.last?.body.evaluation
    }

    /// The score of the checkpoint in `folder`.
    ///
    /// - Parameter task: nil for the one that it was fine-tuned on.
    /// - Throws: `CheckpointError` where it says none or has other labels, and what reading files throws.
    public func score(of folder: URL, _ task: String? = nil, _ observer: some RunObserver) throws -> Score {
        let configuration = try HuggingFaceConfiguration(of: folder)
        let known = configuration.provenance
        let own = try configuration.task()
        guard
            var task = try task.map({ try $0 == own?.name ? own : GlueTask.named($0, or: own.map { [$0.name] } ?? []) })
                ?? own
        else {
            throw CheckpointError(
                folder, "does not say which task it is for; pass --task or a text by --data, or fine-tune it first")
        }
        guard let source = data ?? known?.data else {
            throw TaskError("data", "no folder is named; pass --data DIR")
        }
        var files = try SampleData.task(source)
        guard data != nil || FileManager.default.fileExists(atPath: files.path) else {
            throw TaskError(
                source,
                "no such folder from here; the rows of \(task.title) were there when \(folder.relativePath) was fine-tuned; "
                    + "pass --data DIR")
        }
        // Of a task of the user's own another file of rows will do.
        var isFolder: ObjCBool = true
        _ = FileManager.default.fileExists(atPath: source, isDirectory: &isFolder)
        if !isFolder.boolValue, task.hint == nil {
            task.dev = [.init(names: [files.lastPathComponent], title: task.title)]
            files = files.deletingLastPathComponent()
        }
        if isFolder.boolValue { try task.check(data: data) }
        let classifier = try SavedClassifier(folder, length: length, precision: precision, device: device)
        if let note = classifier.note { observer.warn("note: \(note)") }
        let rows = try TaskData(
            task, in: files, classifier.tokenizer, length: classifier.length, withTraining: false,
            isGenerated: source == SampleData.name)
        rows.notes.forEach { observer.line($0) }
        if let subsets = known?.subsets, !subsets.isEmpty { observer.line("trained on \(subsets)") }
        if let trained = known?.task, trained != task.name { observer.line("note: it was fine-tuned on \(trained)") }
        let start = ContinuousClock.now
        let logits = try classifier.logits(rows.dev, of: task)
        let seconds = start.duration(to: .now).seconds
        let evaluation = TaskEvaluation(rows, logits: logits, by: Metric.named(known?.score))
        // The folder of a task of the user's own is as seen from where the run was, and another may have files of these names.
        if data == nil, task == own, let last = Self.last(ofRun: folder), !evaluation.isOfRows(of: last) {
            observer.warn(
                "warning: the dev rows of \(source) are not those that the run was scored on; pass --data for the same")
        }
        return Score(task: task, evaluation: evaluation, rowsPerSecond: Double(evaluation.rows) / seconds)
    }
}
