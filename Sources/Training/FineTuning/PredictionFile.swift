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
        (form, labels, rows) = try data.withUnsafeBytes { bytes in
            var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
            let header = Self.fields(lines.removeFirst()).map { String(decoding: $0, as: UTF8.self) }
            guard let form = Form.allCases.first(where: { header.starts(with: $0.columns) }) else {
                throw CheckpointError(
                    url, "damaged: line 1 names other columns; wanted set, index, label, prediction, …")
            }
            let labels = header.filter { $0.hasPrefix("p(") }.map { String($0.dropFirst(2).dropLast()) }
            let reader = Reader(url: url, form: form, labels: labels, known: Set(labels), columns: header.count)
            return (form, labels, try lines.enumerated().map { try reader.row(Self.fields($1), line: $0 + 2) })
        }
    }

    private static func fields(_ line: Slice<UnsafeRawBufferPointer>) -> [Slice<UnsafeRawBufferPointer>] {
        line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
    }

    private struct Reader {
        let url: URL
        let form: Form
        let labels: [String]
        let known: Set<String>
        let columns: Int

        func row(_ fields: [Slice<UnsafeRawBufferPointer>], line: Int) throws -> Row {
            func damage(_ problem: String) -> CheckpointError {
                CheckpointError(url, "damaged: line \(line) \(problem)")
            }
            func text(_ place: Int) -> String { String(decoding: fields[place], as: UTF8.self) }
            guard fields.count == columns else { throw damage("has \(fields.count) columns; wanted \(columns)") }
            guard let number = Int(text(1)) else { throw damage("has the index '\(text(1))'") }
            let (first, count) = (form.columns.count, labels.count)
            func names(_ text: String) throws -> [String] {
                let names = form == .labels ? try? JSONDecoder().decode([String].self, from: Data(text.utf8)) : [text]
                guard let names, names.allSatisfy({ known.isEmpty ? Double($0)?.isFinite == true : known.contains($0) })
                else {
                    let kind = form == .labels ? "labels" : known.isEmpty ? "value" : "label"
                    throw damage("has the \(kind) '\(text)'")
                }
                return names
            }
            return Row(
                set: text(0), index: number, label: try names(text(2)), prediction: try names(text(3)),
                probabilities: try (first..<first + count).map { place in
                    guard let probability = Double(text(place)), (0...1).contains(probability) else {
                        throw damage("has the probability '\(text(place))'")
                    }
                    return probability
                }, texts: (first + count..<fields.count).map(text))
        }
    }

    func write(to url: URL) throws {
        let texts = (0..<(rows.first?.texts.count ?? 1)).map { "text\($0 + 1)" }
        try OutputFile.replace(
            url,
            inParts: { write in
                var part = Data()
                func append(_ line: [String]) { part += Data((line.joined(separator: "\t") + "\n").utf8) }
                append(form.columns + labels.map { "p(\($0))" } + texts)
                for row in rows {
                    append(
                        [row.set, "\(row.index)"] + [row.label, row.prediction].map(written)
                            + row.probabilities.map(Self.written) + row.texts)
                    // Of many labels a row is long, and all of them more than a machine holds.
                    guard part.count >= 1 << 20 else { continue }
                    try part.withUnsafeBytes(write)
                    part.removeAll(keepingCapacity: true)
                }
                try part.withUnsafeBytes(write)
            })
    }

    /// With six digits behind the point, as `%.6f` has it, which takes too long where labels are many.
    static func written(_ probability: Double) -> String {
        let millionths = "\(1_000_000 + Int((probability * 1e6).rounded()))"
        return "\(millionths.first == "2" ? 1 : 0).\(millionths.dropFirst())"
    }

    private func written(_ names: [String]) -> String {
        guard isMultiLabel else { return names.joined() }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(names)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }
}
