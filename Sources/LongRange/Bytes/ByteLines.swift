import Corpora
import Foundation
import Tasks

/// Tables of documents whose tokens are bytes, whatever these are.
public enum ByteLines {
    /// IMDb's reviews as a table with the columns `label` (0, 1) and `text`, in whatever order, plain or compressed.
    ///
    /// - Parameter limit: bytes of a document that are read.
    /// - Throws: `TaskError` with the line, `CorpusError` where the file cannot be read.
    public static func reviews(of url: URL, limit: Int) throws -> [LongRangeRow] {
        let reader = try LineReader(url)
        let head = try reader.nextBytes().map(columns)?.map { String(decoding: $0, as: UTF8.self) } ?? []
        guard let label = head.firstIndex(of: "label"), let text = head.firstIndex(of: "text") else {
            throw TaskError(url, line: 1, "the columns are \(head.joined(separator: ", ")); wanted label and text")
        }
        return try rows(url, reader, columns: head.count) { cells in
            LongRangeRow(Array(cells[text].prefix(limit)), label: try binary(cells[label]))
        }
    }

    /// Pairs of papers of the ACL Anthology Network, and whether one cites the other: label, two names, two texts.
    ///
    /// - Throws: as `reviews`.
    public static func pairs(of url: URL, limit: Int) throws -> [LongRangeRow] {
        try rows(url, LineReader(url), columns: 5) { cells in
            LongRangeRow(
                Array(cells[3].prefix(limit)), second: Array(cells[4].prefix(limit)), label: try binary(cells[0]))
        }
    }

    /// The same of rows of two documents, as `pairs` reads them; the papers' names are empty.
    static func data(_ rows: [LongRangeRow]) -> Data {
        rows.reduce(into: Data()) { data, row in
            data += Data("\(row.label)\t\t\t".utf8)
            data += row.tokens + [UInt8(ascii: "\t")]
            data += (row.second ?? []) + [UInt8(ascii: "\n")]
        }
    }

    private struct Problem: Error { let text: String }

    private static func rows(
        _ url: URL, _ reader: LineReader, columns count: Int, _ row: ([ArraySlice<UInt8>]) throws -> LongRangeRow
    ) throws -> [LongRangeRow] {
        var rows: [LongRangeRow] = []
        while let line = try reader.nextBytes() {
            let cells = columns(line)
            do {
                guard cells.count == count else { throw Problem(text: "\(cells.count) columns; wanted \(count)") }
                rows.append(try row(cells))
            } catch let problem as Problem {
                throw TaskError(url, line: reader.lineNumber, problem.text)
            }
        }
        guard !rows.isEmpty else { throw TaskError(url, "holds no rows") }
        return rows
    }

    private static func columns(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
    }

    private static func binary(_ cell: ArraySlice<UInt8>) throws -> Int {
        switch String(decoding: cell, as: UTF8.self) {
        case "0", "0.0": return 0
        case "1", "1.0": return 1
        case let other: throw Problem(text: "label '\(other)'; wanted 0 or 1")
        }
    }
}
