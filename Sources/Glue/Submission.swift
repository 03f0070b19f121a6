import Foundation
import Tasks

/// The zip archive of eleven files that the benchmark's server takes: `index<TAB>prediction`, from 0 in the order of the
/// test file (gluebenchmark.com, submission format).
public struct Submission: Sendable {
    /// The test files, with their tasks, in the order of the benchmark's table; AX, by the model of MNLI, last.
    public static let files: [(task: TaskSource, file: TaskSource.File)] =
        (GlueTask.all + [GlueTask.diagnostic]).flatMap { task in task.test.map { (task, $0) } }

    private var contents: [String: Data] = [:]

    public init() {}

    /// Titles of the files without predictions yet.
    public var missing: [String] { Self.files.map(\.file.title).filter { contents[$0] == nil } }

    /// Adds the predictions of a test file: classes, or values, which are clipped to 0 ... 5.
    ///
    /// - Throws: `TaskError` where there are fewer or more than the official number of rows.
    public mutating func add(_ task: TaskSource, _ file: TaskSource.File, _ predictions: [Double]) throws {
        guard predictions.count == file.rows else {
            throw TaskError(
                "", "\(file.title): \(predictions.count) test rows; the server wants the official \(file.rows ?? 0)")
        }
        let lines = predictions.enumerated().map { index, value in
            let text =
                task.target.isValue ? String(format: "%.3f", min(max(value, 0), 5)) : task.target.labels[Int(value)]
            return "\(index)\t\(text)\n"
        }
        contents[file.title] = Data(("index\tprediction\n" + lines.joined()).utf8)
    }

    /// - Throws: `TaskError` where predictions are missing or the file cannot be written.
    public func write(to url: URL) throws {
        guard missing.isEmpty else {
            throw TaskError(url.relativePath, "no predictions of \(missing.joined(separator: ", "))")
        }
        let files = Self.files.map(\.file.title).map { ("\($0).tsv", contents[$0] ?? Data()) }
        try ZipArchive.write(files, to: url)
    }

    /// What the server would refuse or misread in an archive, a line each; empty where there is nothing.
    ///
    /// - Throws: `TaskError` where it is no archive at all.
    public static func problems(of url: URL) throws -> [String] {
        // All eleven take 6 MB.
        let entries = try ZipArchive.read(url, limit: 64 << 20)
        let wanted = files.map { "\($0.file.title).tsv" }
        var problems = entries.map(\.name).filter { !wanted.contains($0) }
            .map { "\($0): not one of the \(wanted.count) files; all lie flat in the archive" }
        for (task, file) in files {
            let name = "\(file.title).tsv"
            guard let entry = entries.first(where: { $0.name == name }) else {
                problems.append("\(name): missing")
                continue
            }
            if let problem = problem(entry.data, task, file) { problems.append("\(name)\(problem)") }
        }
        return problems
    }

    /// The first thing that is wrong with a file, with its line.
    private static func problem(_ data: Data, _ task: TaskSource, _ file: TaskSource.File) -> String? {
        var lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        if lines.last == "" { lines.removeLast() }
        guard lines.first == "index\tprediction" else {
            return ":1: the header is '\(visible(lines.first ?? ""))'; wanted 'index<TAB>prediction' and a line feed"
        }
        guard lines.count - 1 == file.rows else { return ": \(lines.count - 1) predictions; wanted \(file.rows ?? 0)" }
        for (index, line) in lines.dropFirst().enumerated() {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 2, fields[0] == "\(index)" else {
                return ":\(index + 2): '\(visible(line))'; wanted the index \(index), a tab and a prediction"
            }
            let isValid =
                task.target.isValue
                ? isScore(fields[1]) : task.target.labels.contains(fields[1])
            guard isValid else {
                let labels = task.target.isValue ? "a number from 0 to 5" : task.target.labels.joined(separator: ", ")
                return ":\(index + 2): the prediction is '\(visible(fields[1]))'; wanted \(labels)"
            }
        }
        return nil
    }

    /// A decimal number from 0 to 5.
    private static func isScore(_ text: String) -> Bool {
        text.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
            && Double(text).map { (0...5).contains($0) } ?? false
    }

    /// The text with what does not show written out, as a carriage return or a byte-order mark.
    private static func visible(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control where scalar != "\t", .format:
                scalar == "\r" ? "<CR>" : String(format: "<U+%04X>", scalar.value)
            default: String(scalar)
            }
        }.joined()
    }
}
