import Foundation

/// A row of a task: its text, or two, and its label as a class or a value.
public struct TaskRow: Sendable, Equatable {
    public let texts: [String]
    public let target: Float

    public init(texts: [String], target: Float) {
        self.texts = texts
        self.target = target
    }
}

/// A split of a task in its original TSV layout: bytes split at tabs and line feeds alone, no quoting, a byte-order mark and
/// one carriage return a line dropped, columns found by the names of the header.
public struct TaskFile: Sendable, Equatable {
    public let url: URL
    /// Without labels the targets are 0.
    public let rows: [TaskRow]
    /// Rows that were left out because their annotators did not agree: `-` in the place of the label, as in MultiNLI.
    public let undecidedRows: Int

    /// Reads `file` of `task` from `folder`, which is the task's own or holds it (`SST-2`, `sst2`, …).
    ///
    /// - Throws: `GlueError` with file and line for anything that is not as the benchmark has it.
    public init(_ task: GlueTask, _ file: GlueTask.File, labelled: Bool = true, in folder: URL) throws {
        guard let found = Self.find(task, file, in: folder) else {
            throw GlueError(
                folder.relativePath,
                "no \(file.name).tsv of \(task.title); wanted \(task.title)/\(file.name).tsv there, as "
                    + "`yoso data glue --output DIR --tasks \(task.name)` fetches it"
            )
        }
        url = found
        guard let data = try? Data(contentsOf: url) else { throw GlueError(url.relativePath, "cannot be read") }
        let all = try Self.rows(of: data, task, labelled, url.relativePath)
        rows = all.compactMap { $0 }
        undecidedRows = all.count - rows.count
        guard !rows.isEmpty else { throw GlueError(url.relativePath, "the file has a header and no rows") }
    }

    /// Whether `folder` holds `file` of `task`.
    public static func exists(_ task: GlueTask, _ file: GlueTask.File, in folder: URL) -> Bool {
        find(task, file, in: folder) != nil
    }

    /// Whether `folder` holds `file` of `task` in a folder of the task's name, or is that folder itself.
    public static func isNamed(_ task: GlueTask, _ file: GlueTask.File, in folder: URL) -> Bool {
        guard let found = find(task, file, in: folder) else { return false }
        return isName(found.standardizedFileURL.deletingLastPathComponent().lastPathComponent, of: task)
    }

    private static func isName(_ name: String, of task: GlueTask) -> Bool {
        [task.name, GlueTask.plain(task.title)].contains(GlueTask.plain(name))
    }

    private static func find(_ task: GlueTask, _ file: GlueTask.File, in folder: URL) -> URL? {
        let children = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let own = children.sorted().filter { isName($0, of: task) }
        return (own.map { folder.appendingPathComponent($0) } + [folder])
            .map { $0.appendingPathComponent("\(file.name).tsv") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// Nil for an undecided row.
    private static func rows(of data: Data, _ task: GlueTask, _ labelled: Bool, _ place: String) throws -> [TaskRow?] {
        var lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        if lines.last?.isEmpty == true { lines = lines.dropLast() }
        guard !lines.isEmpty else { throw GlueError(place, "the file is empty") }
        let columns = labelled ? task.columns : nil
        let header = try columns ?? fields(lines[0], place, 1)
        let textColumns = try task.texts.map { try column($0, header, place) }
        let labelColumn = labelled ? try column(task.label, header, place) : nil
        return try lines.indices.dropFirst(columns == nil ? 1 : 0).map { index in
            let fields = try fields(lines[index], place, index + 1)
            guard fields.count == header.count else {
                throw GlueError("\(place):\(index + 1)", "\(fields.count) columns, wanted \(header.count)")
            }
            let texts = textColumns.map { fields[$0] }
            guard let labelColumn else { return TaskRow(texts: texts, target: 0) }
            if fields[labelColumn] == "-", task.name == "mnli" { return nil }
            return TaskRow(texts: texts, target: try target(fields[labelColumn], task, "\(place):\(index + 1)"))
        }
    }

    private static func fields(_ line: Data, _ place: String, _ number: Int) throws -> [String] {
        var bytes = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        if number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        return try bytes.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map { field in
            guard let text = String(validating: field, as: UTF8.self) else {
                throw GlueError("\(place):\(number)", "not UTF-8")
            }
            return text
        }
    }

    private static func column(_ name: String, _ header: [String], _ place: String) throws -> Int {
        guard let index = header.firstIndex(of: name) else {
            throw GlueError(
                "\(place):1", "no column '\(name)'; found \(header.map { "'\($0)'" }.joined(separator: ", "))")
        }
        return index
    }

    private static func target(_ text: String, _ task: GlueTask, _ place: String) throws -> Float {
        if task.isRegression {
            guard let value = Float(text), (0...5).contains(value) else {
                throw GlueError(place, "the label is '\(text)'; wanted a number from 0 to 5")
            }
            return value
        }
        guard let index = task.labels.firstIndex(of: text) else {
            let wanted = task.labels.map { "'\($0)'" }.joined(separator: " or ")
            throw GlueError(place, "unknown label '\(text)'; wanted \(wanted)")
        }
        return Float(index)
    }
}
