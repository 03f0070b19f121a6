import Foundation
import Tokenization

/// A row of a task: its text, or two, or the words of a sentence, and what is to be predicted.
public struct TaskRow: Sendable, Equatable {
    public let texts: [String]
    /// The class, the labels by their numbers, the value, or the tag of every word; empty where there is no label.
    public let target: [Float]

    public init(texts: [String], target: [Float] = []) {
        self.texts = texts
        self.target = target
    }
}

/// A split of a task, its columns found by the names of the header.
public struct TaskFile: Sendable, Equatable {
    public let url: URL
    public let rows: [TaskRow]
    /// Rows that were left out because their annotators did not agree.
    public let undecidedRows: Int

    /// Reads `file` of `task` from `folder`, which is the task's own or holds it (`SST-2`, `sst2`, …).
    ///
    /// - Throws: `TaskError` with file and line for anything that is not as the task has it.
    public init(_ task: TaskSource, _ file: TaskSource.File, labelled: Bool = true, in folder: URL) throws {
        var (rows, undecided) = ([TaskRow](), 0)
        let reader = TargetReader(task)
        if task.target.isOfWords {
            url = try Self.url(of: file, task, in: folder)
            rows = try Self.sentences(url, reader)
        } else {
            url = try Self.read(task, file, labelled, in: folder) { texts, label, place in
                guard let label else { return rows.append(TaskRow(texts: texts)) }
                if let mark = task.undecided, label == .text(mark) { return undecided += 1 }
                rows.append(TaskRow(texts: texts, target: try reader.target(label, place)))
            }
        }
        guard !rows.isEmpty else {
            throw TaskError(
                url.relativePath,
                task.target.isOfWords ? TaggedSentences.empty : "the file has a header and no rows")
        }
        if let part = file.part {
            guard rows.count > 1 else {
                throw TaskError(url.relativePath, "one row; wanted two, to split dev rows off")
            }
            rows = part.rows(of: rows.count).map { rows[$0] }
        }
        (self.rows, undecidedRows) = (rows, undecided)
    }

    private static func sentences(_ url: URL, _ reader: TargetReader) throws -> [TaskRow] {
        var (sentences, rows) = (try TaggedSentences(url), [TaskRow]())
        let name = url.relativePath
        while case let words = try sentences.next(), !words.isEmpty {
            let target = try words.flatMap { try reader.target(.text($0.tag), "\(name):\($0.line)") }
            rows.append(TaskRow(texts: words.map(\.text), target: target))
        }
        return rows
    }

    /// Calls `body` with the texts, the label where it is wanted, and the place of every row of the whole file.
    static func read(
        _ task: TaskSource, _ file: TaskSource.File, _ labelled: Bool, in folder: URL,
        _ body: (_ texts: [String], _ label: Cell?, _ place: String) throws -> Void
    ) throws -> URL {
        let url = try url(of: file, task, in: folder)
        let wanted = task.texts + (labelled ? [task.label] : [])
        let table = try Table(url, wanted: wanted, columns: labelled ? task.columns : nil)
        let (columns, name) = (try wanted.map(table.column), url.relativePath)
        while let row = try table.next() {
            let place = "\(name):\(row.line)"
            let texts = try columns.prefix(task.texts.count).map { column in
                guard case .text(let text) = row.cells[column] else {
                    let problem =
                        switch row.cells[column] {
                        case .missing: "is missing"
                        case .other(let value): "is \(value)"
                        default: "is a list"
                        }
                    throw TaskError(place, "'\(table.header[column])' \(problem); wanted a text")
                }
                guard task.allowsEmptyTexts || !text.allSatisfy(\.isWhitespace) else {
                    throw TaskError(place, "'\(table.header[column])' is empty; wanted a text")
                }
                return text
            }
            try body(texts, labelled ? columns.last.map { row.cells[$0] } : nil, place)
        }
        return url
    }

    /// - Throws: `TaskError` where `folder` does not hold it.
    static func url(of file: TaskSource.File, _ task: TaskSource, in folder: URL) throws -> URL {
        guard let url = find(task, file, in: folder) else {
            guard let hint = task.hint else {
                let isAlone = file.name.hasPrefix("/") || folder.relativePath == "."
                let place = isAlone ? file.name : folder.appendingPathComponent(file.name).relativePath
                throw TaskError(place, "no such file or folder; wanted rows of the task \(task.title)")
            }
            throw TaskError(
                folder.relativePath,
                "no \(file.name) of \(task.title); wanted \(task.title)/\(file.name) there, as \(hint)")
        }
        return url
    }

    /// Whether `folder` holds `file` of `task`.
    public static func exists(_ task: TaskSource, _ file: TaskSource.File, in folder: URL) -> Bool {
        find(task, file, in: folder) != nil
    }

    /// Whether `folder` holds `file` of `task` in a folder of the task's name, or is that folder itself.
    public static func isNamed(_ task: TaskSource, _ file: TaskSource.File, in folder: URL) -> Bool {
        guard let found = find(task, file, in: folder) else { return false }
        let name = found.standardizedFileURL.deletingLastPathComponent().lastPathComponent
        return task.folders.contains(TaskSource.plain(name))
    }

    private static func find(_ task: TaskSource, _ file: TaskSource.File, in folder: URL) -> URL? {
        let children = task.folders.isEmpty ? [] : try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        let own = (children ?? []).sorted().filter { task.folders.contains(TaskSource.plain($0)) }
        // Numbers of classes would be read as those of the other task.
        let isStrange =
            task.strangers?.contains(TaskSource.plain(folder.standardizedFileURL.lastPathComponent)) ?? false
        return (own.map { folder.appendingPathComponent($0) } + (isStrange ? [] : [folder])).lazy
            .flatMap { folder in
                file.names.map { $0.hasPrefix("/") ? URL(fileURLWithPath: $0) : folder.appendingPathComponent($0) }
            }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }
}
