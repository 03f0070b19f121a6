import Checkpoints
import Console
import Foundation
import Reports
import Training

/// One page about a run: curves, and of a fine-tuning confusions, calibration and mistakes.
public struct RunReport {
    public let page: HTMLPage

    /// Reads the run in `url`.
    ///
    /// - Throws: `CheckpointError` where its log or predictions are missing or damaged.
    public init(of url: URL, title: String) throws {
        let log = url.appendingPathComponent(RunFolder.logName)
        if let problem = MetricsLog.problem(in: url) { throw problem }
        let steps = try MetricsLog.values(StepReport.self, kind: "step", in: log)
        let epochs = try MetricsLog.values(
            EvaluationReport<DevScores>.self, kind: Classification.evaluationKind, in: log)
        let evaluations = try MetricsLog.values(
            EvaluationReport<Figures>.self, kind: MaskedWords.evaluationKind, in: log)
        let recipe = (try? String(contentsOf: url.appendingPathComponent(RunFolder.recipeName), encoding: .utf8)) ?? ""
        var body = epochs.isEmpty ? Self.figures(steps, evaluations) : Self.figures(steps, epochs)
        // Before the first epoch's end there is neither a checkpoint nor a prediction.
        if let best = epochs.last(where: \.isBest) {
            let settings = try TableSettings(of: url.appendingPathComponent(RunFolder.bestName))
            let notes = ["\(settings)"] + (best.evaluation.subsets ?? []).map(\.description)
            body.insert("<p>\(notes.joined(separator: "; ").htmlEscaped)</p>", at: 0)
            body += try ClassificationFigures(predictions: PredictionFile(of: url)).html
        }
        body.append("<h2>Recipe</h2>\n<pre>\(recipe.htmlEscaped)</pre>")
        page = HTMLPage(title: title, body: body)
    }

    /// Curves of all losses and of the score, and a table of the evaluations.
    private static func figures<Result>(_ steps: [StepReport], _ evaluations: [EvaluationReport<Result>]) -> [String] {
        func value(_ name: String, _ figures: [Figure]) -> Double? { figures.first { $0.name == name }?.value }
        let losses = [Figure("loss", 0)] + (steps.first?.body.figures ?? []).filter { $0.unit == .loss }
        let curves = losses.map { loss in
            let training = steps.compactMap { step in
                (loss.name == "loss" ? step.loss : value(loss.name, step.body.figures)).map { (Double(step.step), $0) }
            }
            let heldOut = evaluations.compactMap { evaluation in
                value(loss.name, evaluation.body.figures).map { (x: Double(evaluation.step), y: $0) }
            }
            return LineChart(
                title: "\(loss.title.prefix(1).uppercased())\(loss.title.dropFirst()) over steps",
                series: [.init(name: "training", points: thinned(training))]
                    + (heldOut.isEmpty ? [] : [.init(name: "held out", points: heldOut)])
            ).svg
        }
        let scores = evaluations.compactMap { evaluation in
            evaluation.body.score.flatMap { $0.unit == .share ? (x: Double(evaluation.epoch), y: $0.value) : nil }
        }
        let rows = evaluations.map {
            [
                "\($0.epoch)", Show.grouped($0.step), Show.count($0.totalTokens), Show.time($0.seconds),
                String(format: "%.3f", $0.trainingLoss), Show.result($0.body),
            ]
        }
        return curves
            + (scores.isEmpty
                ? [] : [LineChart(title: "Dev score over epochs", series: [.init(name: "dev", points: scores)]).svg])
            + [HTMLPage.table(["epoch", "step", "tokens", "time", "training loss", "held out"], rows)]
    }

    /// At most 400 points, each the mean of its stretch.
    private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        let stretch = max(1, (points.count + 399) / 400)
        return stride(from: 0, to: points.count, by: stretch).map { start in
            let part = points[start..<min(start + stretch, points.count)]
            return (part[part.endIndex - 1].x, part.reduce(0) { $0 + $1.y } / Double(part.count))
        }
    }
}
