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

/// A labelled split of a task in its original TSV layout: bytes split at tabs and line feeds alone, no quoting, a
/// byte-order mark and one carriage return a line dropped, columns found by the names of the header.
public struct TaskFile: Sendable, Equatable {
    public let url: URL
    public let rows: [TaskRow]

    public enum Split: String, Sendable {
        case train, dev
    }

    /// Reads `split` of `task` from `folder`, which is the task's own or holds it (`SST-2`, `sst2`, …).
    ///
    /// - Throws: `GlueError` with file and line for anything that is not as the benchmark has it.
    public init(_ task: GlueTask, _ split: Split, in folder: URL) throws {
        url = try Self.find(task, split, in: folder)
        guard let data = try? Data(contentsOf: url) else { throw GlueError(url.relativePath, "cannot be read") }
        rows = try Self.rows(of: data, task, url.relativePath)
    }

    private static func find(_ task: GlueTask, _ split: Split, in folder: URL) throws -> URL {
        let file = "\(split.rawValue).tsv"
        let children = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let own = children.sorted().filter {
            $0.lowercased().filter { $0 != "-" && $0 != "_" } == task.name
        }
        for candidate in own.map({ folder.appendingPathComponent($0) }) + [folder] {
            let url = candidate.appendingPathComponent(file)
            if FileManager.default.fileExists(atPath: url.path) { return url }
        }
        throw GlueError(
            folder.relativePath,
            "no \(file) of \(task.title); wanted \(task.title)/\(file) there, in the original GLUE layout")
    }

    private static func rows(of data: Data, _ task: GlueTask, _ place: String) throws -> [TaskRow] {
        var lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        if lines.last?.isEmpty == true { lines = lines.dropLast() }
        guard !lines.isEmpty else { throw GlueError(place, "the file is empty") }
        let header = try task.columns ?? fields(lines[0], place, 1)
        let textColumns = try task.texts.map { try column($0, header, place) }
        let labelColumn = try column(task.label, header, place)
        let first = task.columns == nil ? 1 : 0
        let rows = try lines.indices.dropFirst(first).map { index in
            let fields = try fields(lines[index], place, index + 1)
            guard fields.count == header.count else {
                throw GlueError("\(place):\(index + 1)", "\(fields.count) columns, wanted \(header.count)")
            }
            return TaskRow(
                texts: textColumns.map { fields[$0] },
                target: try target(fields[labelColumn], task, "\(place):\(index + 1)"))
        }
        guard !rows.isEmpty else { throw GlueError(place, "the file has a header and no rows") }
        return rows
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
            guard let value = Float(text), value.isFinite else {
                throw GlueError(place, "the label is '\(text)'; wanted a number")
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
