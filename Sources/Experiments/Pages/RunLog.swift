import Checkpoints
import Foundation
import Training

/// What the log of a run tells: read once, and on as it grows.
public struct RunLog: Sendable {
    public let folder: URL
    public private(set) var steps: [StepReport] = []
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
        guard let handle = try? FileHandle(forReadingFrom: url) else { return reset() }
        defer { try? handle.close() }
        var status = stat()
        guard fstat(handle.fileDescriptor, &status) == 0 else { return reset() }
        var isNew = false
        if UInt64(status.st_ino) != file || UInt64(status.st_size) < offset { isNew = reset() }
        file = UInt64(status.st_ino)
        guard UInt64(status.st_size) > offset, (try? handle.seek(toOffset: offset)) != nil,
            let data = try? handle.readToEnd(), let end = data.lastIndex(of: UInt8(ascii: "\n"))
        else { return isNew }
        for line in MetricsLog.lines(of: data) {
            lines += 1
            if !add(line), problem == nil {
                problem = CheckpointError(url, "damaged: line \(lines) is no event of a run")
            }
        }
        offset += UInt64(end - data.startIndex) + 1
        return true
    }

    /// - Returns: whether there was anything.
    private mutating func reset() -> Bool {
        let wasThere = file != nil
        (steps, evaluations, epochs, filled, problem) = ([], [], [], nil, nil)
        (file, offset, lines) = (nil, 0, 0)
        return wasThere
    }

    /// - Returns: whether it is a line of a run, of whatever kind.
    private mutating func add(_ line: Data) -> Bool {
        guard let head = LogLine(line) else { return false }
        let decoder = JSONDecoder()
        do {
            switch head.kind {
            case "step": steps.append(try decoder.decode(StepReport.self, from: line))
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
