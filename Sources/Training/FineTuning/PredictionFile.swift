import Checkpoints
import Foundation
import Glue

/// `predictions.tsv`: every dev row of the best epoch, in order, with the probability of every label.
///
/// Columns: dev set, index in it, label, prediction, a column `p(LABEL)` a label (none of a regression), and the texts.
public struct PredictionFile: Sendable, Equatable {
    public static let fileName = "predictions.tsv"

    public struct Row: Sendable, Equatable {
        public let set: String
        public let label: String
        public let prediction: String
        /// In the order of the labels; empty of a regression.
        public let probabilities: [Double]
        public let texts: [String]
    }

    public let labels: [String]
    public let rows: [Row]

    init(_ data: TaskData, logits: [[Float]]) {
        let task = data.task
        labels = task.labels
        rows = data.parts.flatMap { file, range in
            range.map { index in
                func name(_ value: Double) -> String {
                    task.isRegression ? String(format: "%.4g", value) : task.labels[Int(value)]
                }
                return Row(
                    set: file.title, label: name(Double(data.dev[index].target)),
                    prediction: name(task.prediction(logits[index])),
                    probabilities: task.isRegression ? [] : softmax(logits[index]), texts: data.devTexts[index])
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
        guard header.starts(with: Self.columns), lines.allSatisfy({ $0.count == header.count }) else {
            throw CheckpointError(url, "damaged")
        }
        labels = header.filter { $0.hasPrefix("p(") }.map { String($0.dropFirst(2).dropLast()) }
        let (first, count) = (Self.columns.count, labels.count)
        rows = try lines.enumerated().dropFirst().map { index, fields in
            Row(
                set: fields[0], label: fields[2], prediction: fields[3],
                probabilities: try fields[first..<first + count].map { text in
                    guard let probability = Double(text), (0...1).contains(probability) else {
                        throw CheckpointError(url, "damaged: line \(index + 1) has the probability '\(text)'")
                    }
                    return probability
                }, texts: Array(fields[(first + count)...]))
        }
    }

    private static let columns = ["set", "index", "label", "prediction"]

    func write(to folder: URL) throws {
        let texts = (0..<(rows.first?.texts.count ?? 1)).map { "text\($0 + 1)" }
        var lines = [(Self.columns + labels.map { "p(\($0))" } + texts).joined(separator: "\t")]
        var index = 0
        for (place, row) in rows.enumerated() {
            index = place > 0 && rows[place - 1].set == row.set ? index + 1 : 0
            let probabilities = row.probabilities.map { String(format: "%.6f", $0) }
            lines.append(
                ([row.set, "\(index)", row.label, row.prediction] + probabilities + row.texts).joined(separator: "\t"))
        }
        try OutputFile.replace(
            folder.appendingPathComponent(Self.fileName), with: Data((lines.joined(separator: "\n") + "\n").utf8))
    }
}

/// exp(x - max x) / Σ
public func softmax(_ logits: [Float]) -> [Double] {
    let largest = logits.max() ?? 0
    let weights = logits.map { exp(Double($0 - largest)) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
}
