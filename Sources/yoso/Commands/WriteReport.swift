import ArgumentParser
import Checkpoints
import Console
import Foundation
import Reports
import Training

/// `yoso report RUN`: one self-contained HTML page about a run.
struct WriteReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract:
            "Write report.html into a run's folder: curves, and of a fine-tuning confusions, calibration, mistakes.")

    @Argument(help: "The folder of a pretraining or fine-tuning run.") var folder: String

    func run() throws {
        let url = URL(fileURLWithPath: folder, isDirectory: true)
        let log = url.appendingPathComponent("metrics.jsonl")
        let epochs = try MetricsLog.values(FineTuningEpochReport.self, kind: "epoch", in: log)
        let evaluations = try MetricsLog.values(PretrainingEvaluation.self, kind: "evaluation", in: log)
        let recipe = (try? String(contentsOf: url.appendingPathComponent("recipe.yaml"), encoding: .utf8)) ?? ""
        var body: [String] = []
        if epochs.isEmpty, !recipe.contains("kind: finetuning") {
            let steps = try MetricsLog.values(PretrainingStepReport.self, kind: "step", in: log)
            body = pretraining(steps, evaluations)
        } else {
            let steps = try MetricsLog.values(FineTuningStepReport.self, kind: "step", in: log)
            body = fineTuning(steps, epochs)
            // Before the first epoch's end there is neither a checkpoint nor a prediction.
            if let best = epochs.last(where: \.isBest) {
                let settings = try TableSettings(of: url.appendingPathComponent("best"))
                let notes = ["\(settings)"] + (best.evaluation.subsets ?? []).map(\.description)
                body.insert("<p>\(notes.joined(separator: "; ").htmlEscaped)</p>", at: 0)
                body += try ClassificationFigures(predictions: PredictionFile(of: url)).html
            }
        }
        body.append("<h2>Recipe</h2>\n<pre>\(recipe.htmlEscaped)</pre>")
        let page = url.appendingPathComponent("report.html")
        try ReportFile.write(text: HTMLPage(title: folder, body: body).text, to: page.path)
        Terminal.line(page.relativePath)
        Terminal.next("open it in a browser; yoso runs lists the others")
    }

    private func pretraining(_ steps: [PretrainingStepReport], _ evaluations: [PretrainingEvaluation]) -> [String] {
        let training = thinned(steps.map { (Double($0.step), $0.maskedLoss) })
        let heldOut = evaluations.map { (x: Double($0.step), y: $0.maskedLoss) }
        let rows = evaluations.map {
            [
                Show.grouped($0.step), Show.count($0.totalTokens), Show.time($0.seconds),
                String(format: "%.2f", $0.perplexity), Show.percent($0.maskedAccuracy),
            ]
        }
        return [
            LineChart(
                title: "Masked loss over steps",
                series: [.init(name: "training", points: training), .init(name: "held out", points: heldOut)]
            ).svg,
            HTMLPage.table(["step", "tokens", "time", "perplexity", "masked accuracy"], rows),
        ]
    }

    private func fineTuning(_ steps: [FineTuningStepReport], _ epochs: [FineTuningEpochReport]) -> [String] {
        let training = thinned(steps.map { (Double($0.step), $0.loss) })
        let rows = epochs.map {
            ["\($0.epoch)", String(format: "%.3f", $0.trainingLoss), FineTuningDisplay.scores($0.evaluation)]
        }
        return [
            LineChart(title: "Loss over steps", series: [.init(name: "training", points: training)]).svg,
            LineChart(
                title: "Dev score over epochs",
                series: [.init(name: "dev", points: epochs.map { (Double($0.epoch), $0.evaluation.primary) })]
            ).svg,
            HTMLPage.table(["epoch", "training loss", "dev"], rows),
        ]
    }

    /// At most 400 points, each the mean of its stretch.
    private func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        let stretch = max(1, (points.count + 399) / 400)
        return stride(from: 0, to: points.count, by: stretch).map { start in
            let part = points[start..<min(start + stretch, points.count)]
            return (part[part.endIndex - 1].x, part.reduce(0) { $0 + $1.y } / Double(part.count))
        }
    }
}
