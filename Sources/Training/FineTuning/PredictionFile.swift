import Checkpoints
import Foundation
import Tasks

/// `predictions.tsv`: every dev row of the best epoch that was saved, in order, with the probability of every label.
///
/// Columns: dev set, index in it, label, prediction, a column `p(LABEL)` a label (none of a value), and the texts, a space for
/// a tab or a line break; of a task of several labels a row `labels` and `predictions`, each a JSON list; of a task of words a
/// line a word, with its `tag` and `prediction`, and the index of its sentence.
public struct PredictionFile: Sendable, Equatable {
    public static let fileName = RunFolder.predictionsName

    public struct Row: Sendable, Equatable {
        public let set: String
        /// From 0.
        public let index: Int
        /// One, but of a task of several labels a row.
        public let label: [String]
        public let prediction: [String]
        /// In the order of the labels; empty of a value.
        public let probabilities: [Double]
        public let texts: [String]
    }

    public let labels: [String]
    public let form: Form
    public let rows: [Row]

    /// What a row has: one label, any number of them, or a word and its tag.
    public enum Form: CaseIterable, Sendable {
        case label, labels, word

        fileprivate var columns: [String] {
            switch self {
            case .label: ["set", "index", "label", "prediction"]
            case .labels: ["set", "index", "labels", "predictions"]
            case .word: ["set", "index", "tag", "prediction"]
            }
        }
    }

    /// Whether a row may have several labels, or none.
    public var isMultiLabel: Bool { form == .labels }

    init(_ data: TaskData, logits: [[Float]]) {
        let target = data.task.target
        (labels, form) = (target.labels, target.isOfWords ? .word : target.isMultiLabel ? .labels : .label)
        let (truth, logits) = (data.whole(data.dev.map(\.target)), data.whole(logits, each: target.outputs))
        func names(_ values: [Double]) -> [String] {
            values.map { target.isValue ? "\(Float($0))" : target.labels[Int($0)] }
        }
        rows = data.parts.flatMap { file, range in
            range.flatMap { index in
                let texts = data.devTexts[index].map(Self.cell)
                func row(_ target: Target, _ truth: [Float], _ logits: [Float], _ texts: [String]) -> Row {
                    Row(
                        set: file.title, index: index - range.lowerBound, label: names(truth.map(Double.init)),
                        prediction: names(target.prediction(logits)), probabilities: target.probabilities(logits),
                        texts: texts)
                }
                guard target.isOfWords else { return [row(target, truth[index], logits[index], texts)] }
                let width = target.outputs
                return texts.indices.map { word in
                    let logits = Array(logits[index][word * width..<(word + 1) * width])
                    return row(.classes(target.labels), [truth[index][word]], logits, [texts[word]])
                }
            }
        }
    }

    private static func cell(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\t" || Character($0).isNewline ? " " : $0 }))
    }

    /// Reads the file of a run's folder.
    ///
    /// - Throws: `CheckpointError` where it is missing or no such file.
    public init(of folder: URL) throws {
        let url = folder.appendingPathComponent(Self.fileName)
        guard var data = try? Data(contentsOf: url) else { throw CheckpointError(url, "no such file") }
        if data.last == UInt8(ascii: "\n") { data.removeLast() }
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
        }
        let header = lines.first ?? []
        let found = Form.allCases.first { header.starts(with: $0.columns) }
        guard let form = found else {
            throw CheckpointError(url, "damaged: line 1 names other columns; wanted set, index, label, prediction, …")
        }
        if let index = lines.firstIndex(where: { $0.count != header.count }) {
            throw CheckpointError(
                url, "damaged: line \(index + 1) has \(lines[index].count) columns; wanted \(header.count)")
        }
        self.form = form
        labels = header.filter { $0.hasPrefix("p(") }.map { String($0.dropFirst(2).dropLast()) }
        let (first, count) = (form.columns.count, labels.count)
        let known = Set(labels)
        func names(_ text: String, _ line: Int) throws -> [String] {
            let names = form == .labels ? try? JSONDecoder().decode([String].self, from: Data(text.utf8)) : [text]
            guard let names, names.allSatisfy({ known.isEmpty ? Double($0)?.isFinite == true : known.contains($0) })
            else {
                let kind = form == .labels ? "labels" : known.isEmpty ? "value" : "label"
                throw CheckpointError(url, "damaged: line \(line) has the \(kind) '\(text)'")
            }
            return names
        }
        rows = try lines.enumerated().dropFirst().map { index, fields in
            guard let number = Int(fields[1]) else {
                throw CheckpointError(url, "damaged: line \(index + 1) has the index '\(fields[1])'")
            }
            return Row(
                set: fields[0], index: number, label: try names(fields[2], index + 1),
                prediction: try names(fields[3], index + 1),
                probabilities: try fields[first..<first + count].map { text in
                    guard let probability = Double(text), (0...1).contains(probability) else {
                        throw CheckpointError(url, "damaged: line \(index + 1) has the probability '\(text)'")
                    }
                    return probability
                }, texts: Array(fields[(first + count)...]))
        }
    }

    func write(to url: URL) throws {
        let texts = (0..<(rows.first?.texts.count ?? 1)).map { "text\($0 + 1)" }
        var lines = [(form.columns + labels.map { "p(\($0))" } + texts).joined(separator: "\t")]
        for row in rows {
            let probabilities = row.probabilities.map { String(format: "%.6f", $0) }
            lines.append(
                ([row.set, "\(row.index)"] + [row.label, row.prediction].map(written) + probabilities + row.texts)
                    .joined(separator: "\t"))
        }
        try OutputFile.replace(url, with: Data((lines.joined(separator: "\n") + "\n").utf8))
    }

    private func written(_ names: [String]) -> String {
        guard isMultiLabel else { return names.joined() }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(names)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }
}
