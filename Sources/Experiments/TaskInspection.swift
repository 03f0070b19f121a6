import Console
import Corpora
import Foundation
import Glue
import Tasks
import Tokenization
import Training

/// Counts, labels, and everything that has gone wrong with files of tasks elsewhere.
public struct TaskInspection {
    /// How many rows are cut at each of `lengths` in tokens is said for this one; nil for none.
    public var tokenizer: (any Tokenizer)?
    public var lengths = [64, 128, 256]
    /// Text of a pretraining corpus, to look for dev sentences in.
    public var corpus: [String] = []

    public init(_ change: (inout TaskInspection) throws -> Void = { _ in }) rethrows { try change(&self) }

    /// Files that were found, those that are damaged, and the first task that one can train and score with them.
    public struct Outcome {
        public let files, damaged: Int
        public let task: String?
    }

    /// Reads all tasks' files in `folder`, that of all tasks or of one, and says what they hold.
    ///
    /// - Throws: `TaskError` where it holds none.
    public func run(in folder: String, _ observer: some RunObserver) throws -> Outcome {
        let url = URL(fileURLWithPath: folder, isDirectory: true)
        var (files, damaged) = (0, 0)
        var devTexts: [(task: TaskSource, texts: [String], isTrained: Bool)] = []
        for task in GlueTask.all + [GlueTask.diagnostic] {
            var training: Set<[String]> = []
            for (file, isLabelled) in Self.files(task) where TaskFile.isNamed(task, file, in: url) {
                files += 1
                do {
                    let read = try TaskFile(task, file, labelled: isLabelled, in: url)
                    let traits = try FileTraits(read.url)
                    observer.line(
                        "\(read.url.relativePath): "
                            + Self.parts(task, file, read, traits, isLabelled).joined(separator: "; "))
                    if let tokenizer { observer.line("    \(cuts(read, tokenizer))") }
                    if file == task.train { training = Set(read.rows.map(\.texts)) }
                    guard task.dev.contains(file) else { continue }
                    devTexts.append((task, read.rows.flatMap(\.texts), !training.isEmpty))
                    let shared = read.rows.count { training.contains($0.texts) }
                    if shared > 0 { observer.line("    \(shared) rows have the very texts of a training row") }
                } catch let error as TaskError {
                    damaged += 1
                    observer.line("\(error)")
                }
            }
        }
        guard files > 0 else { throw TaskError(folder, "holds no file of a task; wanted for example SST-2/train.tsv") }
        missing(in: url).forEach(observer.line)
        if !corpus.isEmpty { try overlaps(devTexts.map { ($0.task, $0.texts) }, observer) }
        return Outcome(files: files, damaged: damaged, task: devTexts.first(where: \.isTrained)?.task.name)
    }

    /// A line for every task that lacks files, of all tasks where the folder is not that of one.
    private func missing(in url: URL) -> [String] {
        let tasks = (GlueTask.all + [GlueTask.diagnostic]).map { task in
            let files = Self.files(task).map(\.file)
            return (task, files, missing: files.filter { !TaskFile.isNamed(task, $0, in: url) })
        }
        let isOfOne = tasks.count { $0.missing.count < $0.1.count } == 1
        return tasks.filter { !$0.missing.isEmpty && !(isOfOne && $0.missing.count == $0.1.count) }.map {
            task, _, missing in
            "\(task.title): no \(missing.map { "\($0.name)" }.joined(separator: ", ")); "
                + "`yoso data glue --output DIR --tasks \(task.name)` fetches it"
        }
    }

    private static func files(_ task: TaskSource) -> [(file: TaskSource.File, isLabelled: Bool)] {
        (task.train.map { [($0, true)] } ?? []) + task.dev.map { ($0, true) } + task.test.map { ($0, false) }
    }

    private static func parts(
        _ task: TaskSource, _ file: TaskSource.File, _ read: TaskFile, _ traits: FileTraits, _ isLabelled: Bool
    ) -> [String] {
        let rows = read.rows.count
        var parts = [
            rows == file.rows
                ? "\(Show.grouped(rows)) rows, the official number"
                : "\(Show.grouped(rows)) of \(Show.grouped(file.rows ?? 0)) rows, not the official set"
        ]
        if read.undecidedRows > 0 { parts.append("\(read.undecidedRows) without consensus left out") }
        if isLabelled, !task.target.isValue {
            let shares = task.target.labels.enumerated().map { index, label in
                "\(label) \(Show.percent(Double(read.rows.count { $0.target == [Float(index)] }) / Double(rows)))"
            }
            parts.append("labels " + shares.joined(separator: ", "))
        }
        if isLabelled, task.target.isValue {
            let values = read.rows.flatMap(\.target)
            parts.append("labels \(values.min() ?? 0) to \(values.max() ?? 0)")
        }
        let empty = read.rows.count { $0.texts.contains("") }
        for (count, what) in [
            (empty, "rows with an empty text"), (traits.carriageReturns, "Windows line ends"),
            (traits.unicodeSeparators, "line separators of Unicode inside rows"),
            (traits.quotes % 2, "unbalanced quotation mark in all"),
        ] where count > 0 {
            parts.append("\(Show.grouped(count)) \(what)")
        }
        if traits.hasByteOrderMark { parts.append("a byte-order mark") }
        return parts
    }

    private func cuts(_ file: TaskFile, _ tokenizer: any Tokenizer) -> String {
        let counts = file.rows.map { row in
            1 + row.texts.reduce(0) { $0 + tokenizer.encode($1).count + 1 }
        }
        return "longer than "
            + lengths.map { length in
                "\(length) tokens: \(Show.percent(Double(counts.count { $0 > length }) / Double(counts.count)))"
            }.joined(separator: ", ")
    }

    private func overlaps(_ devTexts: [(task: TaskSource, texts: [String])], _ observer: some RunObserver) throws {
        var overlaps = devTexts.map { TextOverlap($0.texts) }
        let reader = ParagraphReader(try SampleData.text(corpus))
        while let paragraph = try reader.next() {
            for index in overlaps.indices { overlaps[index].look(at: paragraph) }
        }
        for (dev, overlap) in zip(devTexts, overlaps) {
            observer.line(
                "\(dev.task.title): \(overlap.found.count) of \(Show.grouped(overlap.candidates)) dev sentences of at least "
                    + "\(TextOverlap.shortest) words stand in the corpus")
        }
    }
}
