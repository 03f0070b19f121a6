import Checkpoints
import Foundation

/// A run as its folder tells of it: how far it came, and what it scored.
public struct RunSummary: Sendable {
    public enum State: String, Sendable {
        case running, finished, interrupted, diverged
    }

    public let folder: URL
    public private(set) var state: State
    public let step: Int
    public let totalSteps: Int
    /// Of the best evaluation whose model was saved.
    public let score: Figure?
    /// Seconds since it wrote its log.
    public private(set) var age: Double
    /// Of the log, by which it is known whether that is still what was read.
    private let written: LogState

    /// All runs in `folder`, itself included, those that wrote last first.
    ///
    /// - Parameter damaged: hears of every run that its files do not tell wholly of, once.
    /// - Throws: `TrainingError` where there is no such folder.
    public static func all(below folder: URL, damaged: (CheckpointError) -> Void) throws -> [RunSummary] {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder)
        // A link is not entered by its own name.
        guard isFolder.boolValue,
            let names = FileManager.default.enumerator(atPath: folder.resolvingSymlinksInPath().path)
        else {
            let problem = isThere ? "is a file; wanted a folder" : "no such folder"
            throw TrainingError.mismatch("\(folder.relativePath): \(problem)")
        }
        guard access(folder.path, R_OK | X_OK) == 0 else {
            throw TrainingError.mismatch(
                "\(folder.relativePath): cannot be read: \(String(cString: strerror(errno)).lowercased())")
        }
        let found = names.compactMap { $0 as? String }.filter {
            ($0 as NSString).lastPathComponent == RunFolder.logName
        }
        return found.compactMap { name in
            let parent = (name as NSString).deletingLastPathComponent
            let run = parent.isEmpty ? folder : folder.appendingPathComponent(parent, isDirectory: true)
            var problem: CheckpointError?
            let summary = RunSummary(run, problem: &problem)
            if let problem = problem ?? reportProblem(run) { damaged(problem) }
            return summary
        }.sorted { $0.age < $1.age }
    }

    /// What stands against the report of an ended run; nil where there is none.
    private static func reportProblem(_ folder: URL) -> CheckpointError? {
        let url = folder.appendingPathComponent(RunFolder.reportName)
        guard let data = try? Data(contentsOf: url) else { return nil }
        let isReport = (try? JSONSerialization.jsonObject(with: data)) is [String: Any]
        return isReport ? nil : CheckpointError(url, "damaged: no JSON object; the run's command writes it again")
    }

    /// Nil where the log has no step.
    public init?(_ folder: URL) {
        var problem: CheckpointError?
        self.init(folder, problem: &problem)
    }

    private init?(_ folder: URL, problem: inout CheckpointError?) {
        // Before what is read of it.
        let written = LogState(folder.appendingPathComponent(RunFolder.logName))
        var (last, evaluations) = (Data(), [Data]())
        problem = MetricsLog.problem(in: folder) { line, bytes in
            switch line.kind {
            case StepHead.kind: last = Data(bytes)
            case Classification.evaluationKind, MaskedWords.evaluationKind: evaluations.append(Data(bytes))
            default: break
            }
        }
        guard let written, let step = try? JSONDecoder().decode(Step.self, from: last) else { return nil }
        (self.folder, self.written, age) = (folder, written, written.age)
        (self.step, totalSteps) = (step.step, step.totalSteps)
        score = Self.score(evaluations, folder)
        state = Self.state(of: folder, step: step.step, totalSteps: step.totalSteps)
    }

    /// The run in `folder` as it is now; its log, which may be long, is read only where it is not that of `known`.
    public static func now(of folder: URL, known: RunSummary?) -> RunSummary? {
        guard var known, let written = LogState(folder.appendingPathComponent(RunFolder.logName)),
            written == known.written
        else { return RunSummary(folder) }
        known.state = state(of: folder, step: known.step, totalSteps: known.totalSteps)
        known.age = written.age
        return known
    }

    private struct LogState: Equatable {
        let bytes: Int
        let modified: Date

        init?(_ log: URL) {
            let facts = try? FileManager.default.attributesOfItem(atPath: log.path)
            guard let modified = facts?[.modificationDate] as? Date, let bytes = facts?[.size] as? NSNumber else {
                return nil
            }
            (self.bytes, self.modified) = (bytes.intValue, modified)
        }

        var age: Double { Date().timeIntervalSince(modified) }
    }

    /// The state of the run in `folder`, which came to `step`.
    public static func state(of folder: URL, step: Int, totalSteps: Int) -> State {
        if isHeld(folder.appendingPathComponent(RunFolder.lockName)) { return .running }
        let hasReport = FileManager.default.fileExists(atPath: folder.appendingPathComponent(RunFolder.reportName).path)
        // One that was killed behind its last step, or between the state and the model of that, has it to take again.
        let isSaved =
            step >= totalSteps && RunFolder.newestStep(in: folder) == step
            && RunFolder.mayHaveSaved(step, in: folder)
        // Of a search a run has a report of every round that it was in.
        let log = folder.appendingPathComponent(RunFolder.logName)
        if MetricsLog.ends(log, with: DivergenceReport.kind) { return .diverged }
        if hasReport { return .finished }
        guard isSaved else { return .interrupted }
        // The test score of one of the Long Range Arena is in its report alone.
        let best = try? HuggingFaceConfiguration(of: folder.appendingPathComponent(RunFolder.bestName))
        return best?.provenance?.benchmark == nil ? .finished : .interrupted
    }

    private struct Step: Decodable {
        let step: Int
        let totalSteps: Int
    }

    private static func score(_ lines: [Data], _ folder: URL) -> Figure? {
        func best<Result: EvaluationResult>(_: Result.Type, _ kind: String) -> Figure? {
            lines.compactMap { try? JSONDecoder().decode(EvaluationReport<Result>.self, from: $0) }
                .filter { $0.kind == kind }.best(savedIn: folder)?.score
        }
        return best(DevScores.self, Classification.evaluationKind) ?? best(Figures.self, MaskedWords.evaluationKind)
    }

    /// Whether a process has the lock of a run. Looking takes it for a moment, together with whoever else looks.
    private static func isHeld(_ lock: URL) -> Bool {
        let file = open(lock.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return false }
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
