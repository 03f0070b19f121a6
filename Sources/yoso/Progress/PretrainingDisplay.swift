import Console
import Foundation
import Training

/// A pretraining run on the terminal.
final class PretrainingDisplay {
    private let status = StatusLine()

    func show(_ event: PretrainingEvent) {
        switch event {
        case .started(let step, let total, let parameters):
            let start = step == 0 ? "" : ", continuing at step \(Show.grouped(step))"
            status.line("\(Show.count(parameters)) parameters, \(Show.grouped(total)) steps\(start)")
        case .step(let report):
            status.show(Self.line(report), important: report.step == report.totalSteps)
        case .evaluated(let evaluation):
            status.line(Self.line(evaluation))
        case .warning(let text): status.line("warning: \(text)")
        case .saved(let step, let url):
            status.line("step \(Show.grouped(step)): saved \(url.relativePath)")
        }
    }

    private static func line(_ report: PretrainingStepReport) -> String {
        let order = report.orderAccuracy.map { "  order \(Show.percent($0))" } ?? ""
        return "step \(Show.grouped(report.step))/\(Show.grouped(report.totalSteps))"
            + String(format: "  loss %.3f", report.loss) + "  masked \(Show.percent(report.maskedAccuracy))"
            + "  left \(Show.time(report.secondsLeft))  \(Show.count(report.tokensPerSecond)) tokens/s"
            + (report.shareOfPeak.map { String(format: "  %.0f%% of peak", 100 * $0) } ?? "")
            + order + String(format: "  rate %.2g", report.rate)
    }

    private static func line(_ evaluation: PretrainingEvaluation) -> String {
        let order = evaluation.orderAccuracy.map { ", sentence order \(Show.percent($0))" } ?? ""
        return "step \(Show.grouped(evaluation.step)): held-out loss "
            + String(format: "%.3f, perplexity %@", evaluation.maskedLoss, Show.perplexity(evaluation.perplexity))
            + ", masked accuracy \(Show.percent(evaluation.maskedAccuracy))\(order)"
            + " after \(Show.count(evaluation.totalTokens)) tokens in \(Show.time(evaluation.seconds))"
    }
}
