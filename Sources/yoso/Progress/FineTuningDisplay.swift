import Console
import Foundation
import Training

/// A fine-tuning run on the terminal.
final class FineTuningDisplay {
    private let status = StatusLine()

    func show(_ event: FineTuningEvent) {
        switch event {
        case .started(let step, let total, let parameters, let fresh):
            let start = step == 0 ? "" : ", continuing at step \(Show.grouped(step))"
            status.line("\(Show.count(parameters)) parameters, \(Show.grouped(total)) steps\(start)")
            if !fresh.isEmpty { status.line("fresh weights: \(fresh.joined(separator: ", "))") }
        case .step(let report):
            status.show(
                "epoch \(report.epoch)  step \(Show.grouped(report.step))/\(Show.grouped(report.totalSteps))"
                    + String(format: "  loss %.3f", report.loss) + "  left \(Show.time(report.secondsLeft))"
                    + "  \(Show.count(report.rowsPerSecond)) rows/s  \(Show.count(report.tokensPerSecond)) tokens/s"
                    + (report.shareOfPeak.map { String(format: "  %.0f%% of peak", 100 * $0) } ?? "")
                    + String(format: "  rate %.2g", report.rate))
        case .epoch(let report):
            status.line(
                "epoch \(report.epoch): training loss \(String(format: "%.3f", report.trainingLoss)), dev "
                    + Self.scores(report.evaluation) + (report.isBest ? ", the best so far" : "")
                    + " after \(Show.time(report.seconds))")
        case .saved(let step, let url): status.line("step \(Show.grouped(step)): saved \(url.relativePath)")
        case .warning(let text): status.line("warning: \(text)")
        }
    }

    func note(_ text: String) { status.line(text) }

    /// `accuracy 81.2% of 872 rows`
    static func scores(_ evaluation: TaskEvaluation) -> String {
        let scores = evaluation.scores.sorted { $0.key < $1.key }.map { "\($0.key) \(Show.percent($0.value))" }
        return scores.joined(separator: ", ") + " on \(Show.grouped(evaluation.rows)) rows"
            + (evaluation.isConstant ? " (dead: every prediction is the same)" : "")
    }
}
