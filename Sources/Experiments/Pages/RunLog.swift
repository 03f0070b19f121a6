import Checkpoints
import Foundation
import Training

/// What the log of a run tells: read once, and on as it grows.
public struct RunLog: Sendable {
    public let folder: URL
    public private(set) var steps = StepColumns()
    /// Of a pretraining.
    public private(set) var evaluations: [EvaluationReport<Figures>] = []
    /// Of a fine-tuning.
    public private(set) var epochs: [EvaluationReport<DevScores>] = []
    public private(set) var filled: FilledMasks?
    /// The first line that is none; nil where all are.
    public private(set) var problem: CheckpointError?
    /// The file that was read last, how far, and how many lines that was.
    private var file: UInt64?
    private var offset: UInt64 = 0
    private var lines = 0

    /// - Parameter folder: of the run, which need not be there yet.
    public init(of folder: URL) {
        self.folder = folder
        update()
    }

    /// Reads what was appended, and a log that was replaced from its beginning, as that of a run that goes on from an earlier step
    /// is. A last line that has no end yet waits for it.
    ///
    /// - Returns: whether anything is new.
    @discardableResult public mutating func update() -> Bool {
        let url = folder.appendingPathComponent(RunFolder.logName)
        guard let handle = MetricsLog.opened(url) else { return reset() }
        defer { try? handle.close() }
        var status = stat()
        guard fstat(handle.fileDescriptor, &status) == 0 else { return reset() }
        var isNew = false
        if UInt64(status.st_ino) != file || UInt64(status.st_size) < offset { isNew = reset() }
        file = UInt64(status.st_ino)
        guard UInt64(status.st_size) > offset else { return isNew }
        let end = MetricsLog.read(handle, from: offset) { line in
            lines += 1
            if !add(line), problem == nil {
                problem = CheckpointError(url, "damaged: line \(lines) is no event of a run")
            }
        }
        isNew = isNew || end > offset
        offset = end
        return isNew
    }

    /// - Returns: whether there was anything.
    private mutating func reset() -> Bool {
        let wasThere = file != nil
        (steps, evaluations, epochs, filled, problem) = (StepColumns(), [], [], nil, nil)
        (file, offset, lines) = (nil, 0, 0)
        return wasThere
    }

    /// - Returns: whether it is a line of a run, of whatever kind.
    private mutating func add(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if steps.append(bytes) { return true }
        let (line, decoder) = (Data(bytes), JSONDecoder())
        guard let head = LogLine(line) else { return false }
        do {
            switch head.kind {
            case StepHead.kind: return false
            case MaskedWords.evaluationKind:
                evaluations.append(try decoder.decode(EvaluationReport<Figures>.self, from: line))
            case Classification.evaluationKind:
                epochs.append(try decoder.decode(EvaluationReport<DevScores>.self, from: line))
            case FilledMasks.kind: filled = try decoder.decode(FilledMasks.self, from: line)
            default: break
            }
        } catch { return false }
        return true
    }
}
