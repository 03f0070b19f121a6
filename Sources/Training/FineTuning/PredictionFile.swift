import Checkpoints
import Foundation
import Tasks

/// `predictions.tsv`: every dev row of the best epoch, in order, with the probability of every label.
///
/// Columns: dev set, index in it, label, prediction, a column `p(LABEL)` a label (none of a value), and the texts, a space for
/// a tab or a line break; of a task of several labels a row `labels` and `predictions`, each a JSON list.
public struct PredictionFile: Sendable, Equatable {
    public static let fileName = RunFolder.predictionsName

    public struct Row: Sendable, Equatable {
        public let set: String
        /// One, but of a task of several labels a row.
        public let label: [String]
        public let prediction: [String]
        /// In the order of the labels; empty of a value.
        public let probabilities: [Double]
        public let texts: [String]
    }

    public let labels: [String]
    /// Whether a row may have several labels, or none.
    public let isMultiLabel: Bool
    public let rows: [Row]

    init(_ data: TaskData, logits: [[Float]]) {
        let target = data.task.target
        (labels, isMultiLabel) = (target.labels, target.isMultiLabel)
        rows = data.parts.flatMap { file, range in
            range.map { index in
                func names(_ values: [Double]) -> [String] {
                    values.map { target.isValue ? String(format: "%.4g", $0) : target.labels[Int($0)] }
                }
                return Row(
                    set: file.title, label: names(data.dev[index].target.map(Double.init)),
                    prediction: names(target.prediction(logits[index])),
                    probabilities: target.probabilities(logits[index]),
                    texts: data.devTexts[index].map { text in
                        String(
                            String.UnicodeScalarView(
                                text.unicodeScalars.map { "\t\n".unicodeScalars.contains($0) ? " " : $0 }))
                    })
            }
        }
    }

    /// Reads the file of a run's folder.
    ///
    /// - Throws: `CheckpointError` where it is missing or no such file.
    public init(of folder: URL) throws {
        let url = folder.appendingPathComponent(Self.fileName)
        guard let data = try? Data(contentsOf: url) else { throw CheckpointError(url, "no such file") }
        let lines = data.split(separator: UInt8(ascii: "\n")).map { line in
            line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
        }
        let header = lines.first ?? []
        isMultiLabel = header.starts(with: Self.columns(true))
        guard header.starts(with: Self.columns(isMultiLabel)), lines.allSatisfy({ $0.count == header.count }) else {
            throw CheckpointError(url, "damaged")
        }
        labels = header.filter { $0.hasPrefix("p(") }.map { String($0.dropFirst(2).dropLast()) }
        let (first, count, isMultiLabel) = (Self.columns(false).count, labels.count, isMultiLabel)
        func names(_ text: String, _ line: Int) throws -> [String] {
            guard isMultiLabel else { return [text] }
            guard let names = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
                throw CheckpointError(url, "damaged: line \(line) has the labels '\(text)'")
            }
            return names
        }
        rows = try lines.enumerated().dropFirst().map { index, fields in
            Row(
                set: fields[0], label: try names(fields[2], index + 1), prediction: try names(fields[3], index + 1),
                probabilities: try fields[first..<first + count].map { text in
                    guard let probability = Double(text), (0...1).contains(probability) else {
                        throw CheckpointError(url, "damaged: line \(index + 1) has the probability '\(text)'")
                    }
                    return probability
                }, texts: Array(fields[(first + count)...]))
        }
    }

    private static func columns(_ isMultiLabel: Bool) -> [String] {
        ["set", "index"] + (isMultiLabel ? ["labels", "predictions"] : ["label", "prediction"])
    }

    func write(to folder: URL) throws {
        let texts = (0..<(rows.first?.texts.count ?? 1)).map { "text\($0 + 1)" }
        var lines = [(Self.columns(isMultiLabel) + labels.map { "p(\($0))" } + texts).joined(separator: "\t")]
        var index = 0
        for (place, row) in rows.enumerated() {
            index = place > 0 && rows[place - 1].set == row.set ? index + 1 : 0
            let probabilities = row.probabilities.map { String(format: "%.6f", $0) }
            lines.append(
                ([row.set, "\(index)"] + [row.label, row.prediction].map(written) + probabilities + row.texts)
                    .joined(separator: "\t"))
        }
        try OutputFile.replace(
            folder.appendingPathComponent(Self.fileName), with: Data((lines.joined(separator: "\n") + "\n").utf8))
    }

    private func written(_ names: [String]) -> String {
        guard isMultiLabel else { return names.joined() }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(names)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }
}
