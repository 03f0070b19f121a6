import Checkpoints
import Foundation

/// What the log of a run tells of earlier processes.
struct LoggedRun<Result: EvaluationResult>: Codable {
    let last, best: EvaluationReport<Result>?
    /// Of the steps since the last evaluation.
    let losses: [Double]

    /// - Parameters:
    ///   - kind: that of evaluations.
    ///   - untilEpoch: later ones are left out.
    ///   - best: the step of the best, as the run's state says.
    /// - Throws: `CheckpointError` where the log is damaged.
    init(_ url: URL, kind: String, untilEpoch: Int, best bestStep: Int?) throws {
        let evaluations = try MetricsLog.values(EvaluationReport<Result>.self, kind: kind, in: url)
            .filter { $0.epoch <= untilEpoch }
        last = evaluations.last
        losses = try MetricsLog.values(StepReport.self, kind: StepHead.kind, in: url, after: last?.step ?? 0).map(
            \.loss)
        // Of a log that lost a line the best of what is left may be another than the run's.
        best = evaluations.last { $0.isBest && (untilEpoch < .max || $0.step == bestStep) }
    }
}
