import Foundation
import Training

/// A run on the terminal, which signals stop.
public final class RunDisplay: RunObserver {
    private let status = StatusLine()

    public init() {}

    public func line(_ text: String) { status.line(text) }
    public func warn(_ text: String) { Terminal.warn(text) }
    public func status(_ text: String) { status.show(text) }
    public func interruption() -> Interruption { Signals.shared.interruption() }

    public func show<Result>(_ event: RunEvent<Result>) {
        switch event {
        case .started(let step, let total, let parameters, let fresh):
            let start = step == 0 ? "" : ", continuing at step \(Show.grouped(step))"
            status.line("\(Show.count(parameters)) parameters, \(Show.grouped(total)) steps\(start)")
            if !fresh.isEmpty { status.line("new weights: \(CheckpointNotes.list(fresh))") }
        case .step(let report): status.show(Self.line(report), important: report.step == report.totalSteps)
        case .evaluated(let report):
            status.line(
                (report.epoch > 0 ? "epoch \(report.epoch), " : "")
                    + "step \(Show.grouped(report.step)): training loss \(Show.loss(report.trainingLoss))"
                    + ", held out \(Show.result(report.body))"
                    + (report.mark.map { ", \($0)" } ?? "")
                    + " after \(Show.count(report.totalTokens)) tokens in \(Show.time(report.seconds))")
        case .saved(let step, let url): status.line("step \(Show.grouped(step)): saved \(url.relativePath)")
        case .warning(let text): status.line("warning: \(text)")
        }
    }

    private static func line(_ report: StepReport) -> String {
        (report.epoch > 0 ? "epoch \(report.epoch)  " : "")
            + "step \(Show.grouped(report.step))/\(Show.grouped(report.totalSteps))"
            + "  loss \(Show.loss(report.loss))" + "  left \(Show.time(report.secondsLeft))"
            + "  \(Show.count(report.tokensPerSecond)) tokens/s"
            + (report.shareOfPeak.map { String(format: "  %.0f%% of peak", 100 * $0) } ?? "")
            + report.body.figures.map { "  \(Show.figures([$0]))" }.joined()
            + (report.rowsPerSecond.map { "  \(Show.count($0)) rows/s" } ?? "")
            + String(format: "  rate %.2g", report.rate)
    }
}
