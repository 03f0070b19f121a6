import Foundation
import JSON
import Options

/// What stands in a column of a row.
enum Cell: Equatable {
    case text(String)
    case list([String])
    /// JSON's null, or no such key.
    case missing
    /// An object, or a list with an object, a list or null in it: of no use to a task.
    case other(JSONValue)
}

/// Rows of a file under named columns, one after another: TSV as GLUE has it (split at tabs alone, quotes are characters),
/// CSV by RFC 4180, or JSON lines; each as it is, or compressed by gzip or xz.
final class Table {
    /// Ways to write a table, by what a file's name ends with.
    enum Format: String, CaseIterable {
        case tsv, csv, jsonl, json
    }

    struct Row {
        /// From 1.
        let line: Int
        /// Of a JSON object.
        let keys: [String]?
        let cells: [Cell]
    }

    let header: [String]
    private let lines: TableLines
    private let format: Format
    /// The first row, where it is no header.
    private var first: Row?

    /// - Parameters:
    ///   - wanted: the columns, each by the names that it may have.
    ///   - columns: of a TSV file whose first line has not all of `wanted`.
    /// - Throws: `TaskError` where the file cannot be read, is of another kind, or empty.
    init(_ url: URL, wanted: [[String]], columns: [String]? = nil) throws {
        let name = ["gz", "xz"].contains(url.pathExtension.lowercased()) ? url.deletingPathExtension() : url
        guard let format = Format(rawValue: name.pathExtension.lowercased()) else {
            throw TaskError(url.relativePath, "not a .tsv, .csv, .jsonl or .json file, nor one of them with .gz or .xz")
        }
        self.format = format
        lines = try TableLines(url)
        guard let row = try Self.row(format, lines) else { throw TaskError(url.relativePath, "the file is empty") }
        let names = row.cells.map { cell in if case .text(let text) = cell { text } else { "" } }
        let isHeader = columns == nil || wanted.allSatisfy { $0.contains(where: names.contains) }
        // JSON lines have the names in each row.
        first = row.keys != nil || format == .tsv && !isHeader ? row : nil
        header = row.keys ?? (first == nil ? names : columns ?? names)
    }

    /// The index of the column that has one of `names`.
    func column(_ names: [String]) throws -> Int {
        let place = "\(lines.place):1"
        guard let name = names.first(where: header.contains), let index = header.firstIndex(of: name) else {
            let shown = header.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
            let found = shown + (header.count > 20 ? ", and \(header.count - 20) more" : "")
            let isOther = header.count == 1 && format != .jsonl && header[0].contains { ";,\t".contains($0) }
            let hint =
                isOther
                ? " (columns of \(format.rawValue) are separated by \(format == .csv ? "commas" : "tabs"))"
                : names.lazy.map { Spelling.hint(for: $0, among: self.header) }.first { !$0.isEmpty } ?? ""
            throw TaskError(place, "no column '\(names.first ?? "")'\(hint); found \(found)")
        }
        guard header.count(where: { $0 == name }) == 1 else { throw TaskError(place, "two columns '\(name)'") }
        return index
    }

    /// The next row, its cells in the order of the header; nil at the end.
    ///
    /// - Throws: `TaskError` with the line of what is not as it should be.
    func next() throws -> Row? {
        guard let row = try first ?? Self.row(format, lines) else { return nil }
        first = nil
        if let keys = row.keys, keys != header {
            let cells = header.map { name in keys.lastIndex(of: name).map { row.cells[$0] } ?? .missing }
            return Row(line: row.line, keys: header, cells: cells)
        }
        guard row.cells.count == header.count else {
            if row.cells == [.text("")] { return try Self.end(behind: row.line, lines, "\(header.count) columns") }
            throw TaskError("\(lines.place):\(row.line)", "\(row.cells.count) columns, wanted \(header.count)")
        }
        return row
    }

    /// No row behind an empty line, as editors leave one at the end.
    ///
    /// - Throws: `TaskError` where something follows.
    private static func end(behind line: Int, _ lines: TableLines, _ wanted: String) throws -> Row? {
        while let bytes = try lines.next() {
            guard bytes.isEmpty else { throw TaskError("\(lines.place):\(line)", "an empty line; wanted \(wanted)") }
        }
        return nil
    }

    private static func row(_ format: Format, _ lines: TableLines) throws -> Row? {
        let line = lines.number + 1
        switch format {
        case .tsv:
            return try lines.next().map { bytes in
                let fields = bytes.split(
                    separator: UInt8(ascii: "\t"), maxSplits: TableLines.mostFields, omittingEmptySubsequences: false)
                try lines.check(fields: fields.count)
                return Row(line: line, keys: nil, cells: fields.map { .text(String(decoding: $0, as: UTF8.self)) })
            }
        case .csv:
            return try lines.nextCommaSeparated().map { Row(line: line, keys: nil, cells: $0.map { .text($0) }) }
        case .jsonl, .json:
            guard let bytes = try lines.next() else { return nil }
            guard !bytes.isEmpty else { return try end(behind: line, lines, "an object a line") }
            let (object, members): (JSONValue, [JSONValue.Member])
            do throws(JSONValue.Damage) {
                object = try JSONValue(bytes)
                guard let found = object.members else { throw JSONValue.Damage(byte: 1) }
                members = found
            } catch {
                throw lines.error(bytes, error.byte - 1, "not JSON lines; wanted an object a line")
            }
            if let key = object.repeatedKey {
                throw TaskError("\(lines.place):\(line)", "the key '\(key)' stands twice in the object")
            }
            return Row(line: line, keys: members.map(\.key), cells: members.map { Cell($0.value) })
        }
    }
}

extension Cell {
    init(_ value: JSONValue) {
        let isNested =
            value.members != nil
            || value.list?.contains { $0.members != nil || $0.list != nil || $0 == .null } ?? false
        self =
            if isNested { .other(value) } else if value == .null { .missing } else {
                value.list.map { .list($0.map(Self.text)) } ?? .text(Self.text(value))
            }
    }

    private static func text(_ value: JSONValue) -> String { value.text ?? value.description }
}
