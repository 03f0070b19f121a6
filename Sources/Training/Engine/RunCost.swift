import Checkpoints
import Foundation
import Tasks

/// What the steps of a run took, as its folder tells.
public struct RunCost: Sendable, Equatable {
    /// That were done.
    public let steps: Int
    /// Medians over steps.
    public let rowsAStep: Int
    public let secondsAStep: Double
    /// Bytes of all tensors at their most; nil of a run of an earlier program.
    public let peakBytes: Int?

    /// Nil where no log tells of a step, or of none that can have been.
    public init?(of folder: URL) {
        let log = folder.appendingPathComponent(RunFolder.logName)
        guard let data = try? Data(contentsOf: log, options: .mappedIfSafe) else { return nil }
        // Kinds are told apart by bytes, and of a long run a thousand steps stand for all: decoding takes seconds.
        let kind = Data(#""kind":"\#(StepHead.kind)""#.utf8)
        let lines = MetricsLog.lines(of: data).filter { $0.range(of: kind) != nil }
        let steps = stride(from: 0, to: lines.count, by: 1 + lines.count / 1000).compactMap {
            try? JSONDecoder().decode(StepReport.self, from: lines[$0]).head
        }
        let last = lines.reversed().lazy.compactMap { try? JSONDecoder().decode(StepReport.self, from: $0) }.first
        guard let last else { return nil }
        func seconds(_ step: StepHead) -> Double? { step.tokens.map { Double($0) / step.tokensPerSecond } }
        let rows = median(steps.compactMap { step in seconds(step).flatMap { s in step.rowsPerSecond.map { $0 * s } } })
        guard let rowsAStep = Int(exactly: rows.rounded()) else { return nil }
        self.rowsAStep = rowsAStep
        self.steps = last.step
        secondsAStep = median(steps.compactMap(seconds))
        peakBytes = Self.peakBytes(of: folder)
    }

    /// Bytes of all tensors of a run at their most; nil where no state of it tells.
    public static func peakBytes(of folder: URL) -> Int? {
        RunFolder.newestStep(in: folder).flatMap { step in
            let state = folder.appendingPathComponent(RunFolder.stateName(step), isDirectory: true)
            return try? RunState(of: state, step: step).peakBytes
        }
    }
}
