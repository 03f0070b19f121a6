import Checkpoints
import Console
import Foundation
import Reports
import Training

/// What the predictions of a dev set show: confusions, calibration, and the mistakes that were made most confidently, or the largest.
struct ClassificationFigures {
    private let predictions: PredictionFile
    /// Of the labels, as people call them.
    private let names: [String: String]

    private static let bins = 10
    private static let mistakes = 20
    /// Labels up to which all pairs of two are shown.
    private static let mostLabels = 40

    /// Reads the predictions of a run.
    ///
    /// - Parameter rows: those that were evaluated.
    /// - Throws: `CheckpointError` where they are missing, damaged or less.
    init(of folder: URL, rows: Int) throws {
        predictions = try PredictionFile(of: folder)
        let all = predictions.rows
        // The words of a sentence stand behind one another.
        let found = zip(all, all.dropFirst()).reduce(min(1, all.count)) { count, pair in
            count + (pair.0.set == pair.1.set && pair.0.index == pair.1.index ? 0 : 1)
        }
        guard found == rows else {
            throw CheckpointError(
                folder.appendingPathComponent(PredictionFile.fileName),
                "damaged: \(found) rows; \(rows) were evaluated, as the log says")
        }
        let (labels, best) = (predictions.labels, folder.appendingPathComponent(RunFolder.bestName))
        let names = (try? HuggingFaceConfiguration(of: best).labelNames) ?? labels
        // A config.json that names the same labels in another order is no translation.
        let isTranslation = names.count == labels.count && Set(names) != Set(labels)
        self.names = isTranslation ? Dictionary(zip(labels, names)) { first, _ in first } : [:]
    }

    var html: [String] {
        guard predictions.form != .word else {
            return EntityFigures(predictions: predictions).html + [confusions, calibration]
        }
        return predictions.labels.isEmpty ? [farthest] : [confusions, calibration, worst]
    }

    private func name(_ label: String) -> String { names[label] ?? label }

    /// Counts, and shares of a label's rows, by which cells are shaded.
    private var confusions: String {
        guard !predictions.isMultiLabel else { return labels }
        let labels = predictions.labels
        guard labels.count <= Self.mostLabels else { return mostConfused }
        let rows = labels.map { label in
            let ofLabel = predictions.rows.filter { $0.label == [label] }
            let cells = labels.map { predicted in
                let count = ofLabel.count { $0.prediction == [predicted] }
                let share = Double(count) / Double(max(1, ofLabel.count))
                return "<td style=\"--share:\(String(format: "%.3f", share))\">"
                    + "\(Show.grouped(count))<small>\(Show.percent(share))</small></td>"
            }
            return "<tr><th>\(name(label).htmlEscaped)</th>\(cells.joined())</tr>"
        }
        let head = labels.map { "<th>\(name($0).htmlEscaped)</th>" }.joined()
        return HTMLPage.section(
            "Confusions",
            "<div class=\"table heat\"><table>\n<tr><th>label \\ prediction</th>\(head)</tr>\n"
                + rows.joined(separator: "\n") + "\n</table></div>")
    }

    /// Of so many labels that a table of all pairs could not be read.
    private var mostConfused: String {
        var counts: [[String]: Int] = [:]
        for row in predictions.rows where row.label != row.prediction {
            counts[row.label + row.prediction, default: 0] += 1
        }
        let pairs = counts.sorted { ($1.value, $0.key[0], $0.key[1]) < ($0.value, $1.key[0], $1.key[1]) }
        let rows = pairs.prefix(Self.mostLabels).map { $0.key.map(name) + [Show.grouped($0.value)] }
        return HTMLPage.section(
            "The most frequent confusions",
            HTMLPage.table(["label", "prediction", "rows"], Array(rows), numbers: 2..<3))
    }

    /// What was said of each label of a task with several a row, of many those alone that were meant or said.
    private var labels: String {
        var counts: [String: (found: Int, missed: Int, wrong: Int)] = [:]
        for row in predictions.rows {
            for label in row.label {
                let isFound = row.prediction.contains(label)
                counts[label, default: (0, 0, 0)].found += isFound ? 1 : 0
                counts[label, default: (0, 0, 0)].missed += isFound ? 0 : 1
            }
            for label in row.prediction where !row.label.contains(label) {
                counts[label, default: (0, 0, 0)].wrong += 1
            }
        }
        let shown = predictions.labels.filter { predictions.labels.count <= Self.mostLabels || counts[$0] != nil }
        let rows = shown.map { label in
            let (found, missed, wrong) = counts[label] ?? (0, 0, 0)
            return [name(label)] + [found, missed, wrong].map { "\($0)" }
        }
        return HTMLPage.section("Labels", HTMLPage.table(["label", "found", "missed", "wrongly said"], rows))
    }

    /// Rows by the probability of their prediction, in ten bins, and how often they are right; the expected calibration
    /// error is the mean distance of both, weighted by rows (Guo et al. 2017, section 2).
    private var calibration: String {
        var error = 0.0
        let bins = (0..<Self.bins).compactMap { bin -> (mean: Double, right: Double, rows: Int)? in
            let inside = predictions.rows.filter {
                min(Self.bins - 1, Int(confidence($0) * Double(Self.bins))) == bin
            }
            guard !inside.isEmpty else { return nil }
            let mean = inside.reduce(0) { $0 + confidence($1) } / Double(inside.count)
            let right = Double(inside.count { $0.label == $0.prediction }) / Double(inside.count)
            error += abs(mean - right) * Double(inside.count) / Double(predictions.rows.count)
            return (mean, right, inside.count)
        }
        var (said, right) = (Quantity.share("mean probability"), Quantity.share("right, percent"))
        (said.range, right.range) = (0...1, 0...1)
        let diagram = LineChart(
            title: "Reliability", axes: (said, right),
            series: [
                .init(name: "calibrated", points: [(0, 0), (1, 1)], isReference: true),
                .init(
                    name: "model", points: bins.map { ($0.mean, $0.right) },
                    notes: bins.map { "\(Show.grouped($0.rows)) rows" }),
            ], colours: [0, 0])
        let table = HTMLPage.table(
            ["mean probability", "right", "rows"],
            bins.map { [Show.percent($0.mean), Show.percent($0.right), Show.grouped($0.rows)] }, numbers: 0..<3)
        return HTMLPage.section(
            "Calibration",
            "<p>Expected calibration error \(Show.percent(error))</p>\n"
                + HTMLPage.charts([diagram.html, "<figure class=\"chart\">\(table)</figure>"]))
    }

    private var worst: String {
        let wrong = predictions.rows.filter { $0.label != $0.prediction }.sorted { confidence($0) > confidence($1) }
        func names(_ labels: [String]) -> String { labels.map(name).joined(separator: ", ") }
        return mistakes("The most confident mistakes", ["label", "prediction", "probability"], 2..<3, wrong) {
            [names($0.label), names($0.prediction), Show.percent(confidence($0))]
        }
    }

    /// Of values.
    private var farthest: String {
        func value(_ texts: [String]) -> Double { texts.first.flatMap { Double($0) } ?? 0 }
        func error(_ row: PredictionFile.Row) -> Double { value(row.prediction) - value(row.label) }
        let wrong = predictions.rows.filter { error($0) != 0 }.sorted { abs(error($0)) > abs(error($1)) }
        return mistakes("The largest errors", ["value", "prediction", "error"], 0..<3, wrong) {
            [value($0.label), value($0.prediction), error($0)].map(Show.amount)
        }
    }

    /// The first rows of `wrong`, each with its texts behind what `cells` says of it.
    private func mistakes(
        _ title: String, _ head: [String], _ numbers: Range<Int>, _ wrong: [PredictionFile.Row],
        _ cells: (PredictionFile.Row) -> [String]
    ) -> String {
        guard let first = wrong.first else { return "" }
        let isOfSeveral = Set(predictions.rows.map(\.set)).count > 1
        let rows = wrong.prefix(Self.mistakes).map { cells($0) + $0.texts + (isOfSeveral ? [$0.set] : []) }
        let texts = first.texts.indices.map { "text \($0 + 1)" }
        let table = HTMLPage.table(head + texts + (isOfSeveral ? ["set"] : []), rows, numbers: numbers)
        return HTMLPage.section(title, "<div class=\"texts\">\(table)</div>")
    }

    /// The probability of what was said: of one class, or of all labels that were said and left out.
    private func confidence(_ row: PredictionFile.Row) -> Double {
        predictions.isMultiLabel
            ? row.probabilities.reduce(1) { $0 * max($1, 1 - $1) } : row.probabilities.max() ?? 0
    }
}
