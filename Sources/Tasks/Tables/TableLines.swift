import Corpora
import Foundation

/// The lines of a table's file as bytes of UTF-8 without NUL.
final class TableLines {
    let place: String
    private let reader: LineReader

    init(_ url: URL) throws {
        place = url.relativePath
        reader = try Self.converting { try LineReader(url, longest: Self.longest) }
    }

    /// Of the line that was read last, from 1.
    var number: Int { reader.lineNumber }

    /// The next line without its end; nil behind the last.
    ///
    /// - Throws: `TaskError` with line and column of what is no text.
    func next() throws -> [UInt8]? {
        try Self.converting { try reader.next() }.map { Array($0.utf8) }
    }

    /// An error at a byte of a line, by its number; nil for the one that was read last.
    func error(_ line: [UInt8], _ index: Int, of number: Int? = nil, _ problem: String) -> TaskError {
        // Columns are characters, as editors count them.
        let column = String(decoding: line[..<min(index, line.count)], as: UTF8.self).count + 1
        return TaskError("\(place):\(number ?? self.number):\(column)", problem)
    }

    /// Bytes of a line at the most, and its fields: of some hundred bytes of a compressed file there can be millions of either.
    static let (longest, mostFields) = (16 << 20, 10_000)

    /// - Throws: `TaskError` where a line has more fields than any table.
    func check(fields: Int) throws {
        guard fields <= Self.mostFields else {
            throw TaskError("\(place):\(number)", "more than \(Self.mostFields) columns; wanted fewer")
        }
    }

    private static func converting<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as CorpusError { throw TaskError(error.place, error.problem) }
    }
}
