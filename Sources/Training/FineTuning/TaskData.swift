import Foundation
import Tasks
import Tokenization

/// The labelled rows of a task, encoded, with what was noticed about them.
public struct TaskData: Sendable {
    public let task: TaskSource
    public let training: [EncodedRow]
    /// The dev sets one behind the other; of a task of words the pieces of every sentence.
    public let dev: [EncodedRow]
    /// The texts of the dev rows, or the words of every sentence.
    public let devTexts: [[String]]
    /// Every dev set there is, with its range in `devTexts`: MNLI has two.
    public let parts: [(file: TaskSource.File, range: Range<Int>)]
    /// Splits that are not the official ones, and dev sets that are not there.
    public let subsets: [SplitCount]
    /// Of the training rows, where they have values of any size.
    let scale: ValueScale?
    /// Lines for the user: subsets, truncation, a single class.
    public let notes: [String]

    /// Reads and encodes the splits from `folder`; `training` only where it is wanted.
    ///
    /// - Throws: `TaskError` where a file is damaged, or the first dev set or the training set is missing.
    public init(
        _ task: TaskSource, in folder: URL, _ tokenizer: any Tokenizer, length: Int, withTraining: Bool = true,
        isGenerated: Bool = false
    ) throws {
        self.task = task
        var (notes, subsets) = ([String](), [SplitCount]())
        func encoded(
            _ file: TaskSource.File, _ split: String
        ) throws -> (rows: [EncodedRow], texts: [[String]]) {
            let read = try TaskFile(task, file, in: folder)
            let sentences =
                task.target.isOfWords ? read.rows.concurrentMap { EncodedSentence($0, tokenizer, length: length) } : []
            notes += Self.notes(file, split, sentences, length: length)
            if task.target.isOfWords, split == "training" {
                notes += Self.notes(file, read.rows.flatMap(\.texts), tokenizer)
            }
            let rows =
                task.target.isOfWords
                ? sentences.flatMap(\.pieces) : read.rows.concurrentMap { $0.encoded(tokenizer, length: length) }
            if read.undecidedRows > 0 {
                notes.append("\(file.title): \(read.undecidedRows) \(split) rows without consensus left out")
            }
            if isGenerated {
                subsets.append(SplitCount(title: file.title, split: split, rows: rows.count, official: 0))
            } else if let official = file.rows, rows.count != official {
                subsets.append(SplitCount(title: file.title, split: split, rows: rows.count, official: official))
                notes.append("\(subsets[subsets.count - 1]); not the official set")
            }
            notes += Self.notes(task, file, split, rows, unknown: tokenizer.special.unknown)
            return (rows, read.rows.map(\.texts))
        }
        training = withTraining ? try task.train.map { try encoded($0, "training").rows } ?? [] : []
        scale = try ValueScale(task, training)
        var (dev, texts, parts) = ([EncodedRow](), [[String]](), [(file: TaskSource.File, range: Range<Int>)]())
        for (index, file) in task.dev.enumerated() {
            guard index == 0 || TaskFile.exists(task, file, in: folder) else {
                notes.append("\(task.title): no \(file.name); scored without \(file.title)")
                subsets.append(SplitCount(title: file.title, split: "dev", rows: 0, official: file.rows ?? 0))
                continue
            }
            let (rows, rowTexts) = try encoded(file, "dev")
            parts.append((file, texts.count..<texts.count + rowTexts.count))
            dev += rows
            texts += rowTexts
        }
        if let copies = Self.copies(task, training, dev) { notes.append(copies) }
        (self.dev, devTexts, self.parts, self.subsets, self.notes) = (dev, texts, parts, subsets, notes)
    }

    /// Of dev rows that are encoded, where training rows are read elsewhere.
    init(_ task: TaskSource, dev: [EncodedRow]) {
        (self.task, training, self.dev, devTexts) = (task, [], dev, dev.map { _ in [] })
        scale = nil
        (parts, subsets, notes) = (task.dev.map { ($0, dev.indices) }, [], [])
    }

    /// What there is of every piece of the dev rows, `each` times a word, as what there is of every row.
    func whole<Value>(_ pieces: [[Value]], each: Int = 1) -> [[Value]] {
        guard task.target.isOfWords else { return pieces }
        let all = Array(pieces.joined())
        var start = 0
        return devTexts.map { words in
            defer { start += words.count * each }
            return Array(all[start..<start + words.count * each])
        }
    }

    private static func notes(
        _ file: TaskSource.File, _ split: String, _ sentences: [EncodedSentence], length: Int
    ) -> [String] {
        let (long, unreadable) = (sentences.count { $0.pieces.count > 1 }, sentences.reduce(0) { $0 + $1.unreadable })
        return [
            (
                long,
                "\(long) of \(sentences.count) \(split) sentences have more than \(length) tokens, and are read in pieces"
            ),
            (unreadable, "\(unreadable) \(split) words have no token, and are read as the unknown one"),
        ].filter { $0.0 > 0 }.map { "\(file.title): \($0.1)" }
    }

    /// What tags are learned of need not be what a text is split into.
    private static func notes(_ file: TaskSource.File, _ words: [String], _ tokenizer: any Tokenizer) -> [String] {
        let several = words.concurrentMap { tokenizer.words(of: $0).count > 1 }.count { $0 }
        guard several > 0, 5 * several >= words.count else { return [] }
        return [
            "\(file.title): predict splits \(several) of \(words.count) training words into several, whose parts have no tags to learn "
                + "from; split them in the file too"
        ]
    }

    private static func notes(
        _ task: TaskSource, _ file: TaskSource.File, _ split: String, _ rows: [EncodedRow], unknown: Int32
    ) -> [String] {
        var notes: [String] = []
        let (all, strange) = rows.reduce((0, 0)) { ($0.0 + $1.ids.count, $0.1 + $1.ids.count { $0 == unknown }) }
        // Dev rows are seldom of another text, and are read again by whoever evaluates.
        if split == "training", 100 * strange >= max(1, all) {
            let share = String(format: "%.1f%%", 100 * Double(strange) / Double(all))
            notes.append("\(file.title): \(share) of the tokens of \(split) rows are unknown to the vocabulary")
        }
        let truncated = rows.count { $0.isTruncated }
        if truncated > 0 {
            notes.append("\(file.title): \(truncated) of \(rows.count) \(split) rows were cut to the length")
        }
        if !task.target.isOfWords, Set(rows.map(\.target)).count == 1 {
            let names = rows[0].target.map { task.target.isValue ? "\($0)" : task.target.labels[Int($0)] }
            notes.append("\(file.title): all \(split) rows have the label '\(names.joined(separator: "', '"))'")
        }
        return notes
    }

    /// How often training rows, or their words, have each label: `negative 120, positive 80`; of many labels the first.
    public var labelCounts: String {
        let (labels, shown) = (task.target.labels, 24)
        var counts = [Int](repeating: 0, count: labels.count)
        for row in training {
            for label in row.target where counts.indices.contains(Int(label)) { counts[Int(label)] += 1 }
        }
        return zip(labels, counts).prefix(shown).map { "\($0) \($1.grouped)" }.joined(separator: ", ")
            + (labels.count > shown ? ", and \((labels.count - shown).grouped) more" : "")
    }

    /// Dev rows of a task of the user's own that are training rows too, which tell nothing of others; those of GLUE are as they are.
    private static func copies(_ task: TaskSource, _ training: [EncodedRow], _ dev: [EncodedRow]) -> String? {
        guard task.hint == nil, !training.isEmpty else { return nil }
        let known = Set(training.map(\.ids))
        let copies = dev.count { known.contains($0.ids) }
        guard copies > 0 else { return nil }
        let what = task.target.isOfWords ? "piece" : "row"
        return
            "\(task.title): \(copies.grouped) of \(dev.count.grouped) dev \(what)s have the same tokens as a training \(what)"
    }
}
