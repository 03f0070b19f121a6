import Console
import Foundation
import Reports
import Training

/// What the predictions of a dev set show: confusions, calibration, and the mistakes that were made most confidently.
struct ClassificationFigures {
    let predictions: PredictionFile

    private static let bins = 10
    private static let mistakes = 20

    var html: [String] {
        guard predictions.form != .word else {
            return EntityFigures(predictions: predictions).html + [confusions, calibration]
        }
        return predictions.labels.isEmpty ? [] : [confusions, calibration, worst]
    }

    private var confusions: String {
        guard !predictions.isMultiLabel else { return labels }
        let rows = predictions.labels.map { label in
            [label]
                + predictions.labels.map { predicted in
                    "\(predictions.rows.count { $0.label == [label] && $0.prediction == [predicted] })"
                }
        }
        return "<h2>Confusions</h2>\n"
            + HTMLPage.table(["label \\ prediction"] + predictions.labels, rows)
    }

    /// What was said of each label of a task with several a row.
    private var labels: String {
        let rows = predictions.labels.map { label in
            let (said, meant) = (
                predictions.rows.map { $0.prediction.contains(label) },
                predictions.rows.map { $0.label.contains(label) }
            )
            let counts = [(true, true), (false, true), (true, false)].map { pair in
                zip(said, meant).count { $0 == pair }
            }
            return [label] + counts.map { "\($0)" }
        }
        return "<h2>Labels</h2>\n" + HTMLPage.table(["label", "found", "missed", "wrongly said"], rows)
    }

    /// Rows by the probability of their prediction, in ten bins, and how often they are right; the expected calibration
    /// error is the mean distance of both, weighted by rows (Guo et al. 2017, section 2).
    private var calibration: String {
        var error = 0.0
        let rows = (0..<Self.bins).compactMap { bin -> [String]? in
            let inside = predictions.rows.filter {
                min(Self.bins - 1, Int(confidence($0) * Double(Self.bins))) == bin
            }
            guard !inside.isEmpty else { return nil }
            let mean = inside.reduce(0) { $0 + confidence($1) } / Double(inside.count)
            let right = Double(inside.count { $0.label == $0.prediction }) / Double(inside.count)
            error += abs(mean - right) * Double(inside.count) / Double(predictions.rows.count)
            return ["\(10 * bin) to \(10 * (bin + 1))%", "\(inside.count)", Show.percent(mean), Show.percent(right)]
        }
        return "<h2>Calibration</h2>\n<p>Expected calibration error \(Show.percent(error))</p>\n"
            + HTMLPage.table(["probability", "rows", "mean probability", "right"], rows)
    }

    private var worst: String {
        let wrong = predictions.rows.filter { $0.label != $0.prediction }
            .sorted { confidence($0) > confidence($1) }.prefix(Self.mistakes)
        let rows = wrong.map {
            [
                $0.set, $0.label.joined(separator: ", "), $0.prediction.joined(separator: ", "),
                Show.percent(confidence($0)),
            ] + $0.texts
        }
        let texts = predictions.rows.first?.texts.indices.map { "text \($0 + 1)" } ?? []
        return "<h2>The most confident mistakes</h2>\n"
            + HTMLPage.table(["set", "label", "prediction", "probability"] + texts, Array(rows))
    }

    /// The probability of what was said: of one class, or of all labels that were said and left out.
    private func confidence(_ row: PredictionFile.Row) -> Double {
        predictions.isMultiLabel
            ? row.probabilities.reduce(1) { $0 * max($1, 1 - $1) } : row.probabilities.max() ?? 0
    }
}
