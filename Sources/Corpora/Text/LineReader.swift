import Digests
import Foundation

/// The lines of a plain or compressed text file, in memory of the longest: split at line feeds alone, one carriage return at
/// the end and a byte-order mark at the beginning dropped, strictly UTF-8.
public final class LineReader {
    private let url: URL
    private let stream: any ByteStream
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    /// Bytes of a line at the most: text8 has 100 million in one, and a compressed file of a few megabytes can hold gigabytes.
    public static let longest = 256 << 20
    private let longest: Int
    /// The number of the line that was read last, from 1.
    public private(set) var lineNumber = 0

    /// - Throws: `CorpusError` where the file is missing or unreadable.
    public init(_ url: URL, longest: Int = LineReader.longest) throws {
        (self.url, self.longest) = (url, longest)
        stream = try Self.stream(of: url)
    }

    private static func stream(of url: URL) throws -> any ByteStream {
        if let problem = TextFiles.problem(of: url) { throw CorpusError(url, problem) }
        return switch url.pathExtension.lowercased() {
        case "gz": try GzipStream(url)
        case "xz": try XZStream(url)
        default: try PlainStream(url)
        }
    }

    /// The bytes of a plain or compressed file, a piece after the other.
    ///
    /// - Throws: `CorpusError` where the file cannot be read, and what `body` throws.
    public static func eachPiece(of url: URL, _ body: ([UInt8]) throws -> Void) throws {
        let stream = try stream(of: url)
        var piece: [UInt8] = []
        while try stream.read(into: &piece) > 0 {
            try body(piece)
            piece.removeAll(keepingCapacity: true)
        }
    }

    /// Bytes read from the disk so far.
    public var bytesRead: Int { stream.bytesRead }

    /// The next line, or nil at the end.
    ///
    /// - Throws: `CorpusError` with the line where the text is not UTF-8, holds NUL, or the compressed data end early.
    public func next() throws -> String? {
        guard let bytes = try nextBytes() else { return nil }
        if lineNumber == 1, LargeFilePointer.isOne(bytes) {
            throw CorpusError(url.relativePath, LargeFilePointer.problem)
        }
        guard let line = String(validating: bytes, as: UTF8.self) else {
            throw CorpusError("\(url.relativePath):\(lineNumber)", "not UTF-8\(Self.whereInvalid(bytes))")
        }
        // As of UTF-16, which is valid UTF-8 where it is of English.
        if let index = bytes.firstIndex(of: 0) {
            // Columns are characters, as editors count them.
            let column = String(decoding: bytes[..<index], as: UTF8.self).count + 1
            throw CorpusError("\(url.relativePath):\(lineNumber):\(column)", "a NUL byte; wanted text")
        }
        return line
    }

    /// The next line as it is, UTF-8 or not, or nil at the end.
    ///
    /// - Throws: `CorpusError` where the file cannot be read.
    public func nextBytes() throws -> ArraySlice<UInt8>? {
        guard let line = try line() else { return nil }
        defer { lineNumber += 1 }
        return trimmed(line)
    }

    private func line() throws -> ArraySlice<UInt8>? {
        var searched = position
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                return buffer[position..<end]
            }
            searched = buffer.count
            guard buffer.count - position <= longest else {
                throw CorpusError(
                    "\(url.relativePath):\(lineNumber + 1)",
                    "no end within \(longest >> 20) MB; wanted shorter lines")
            }
            if isAtEnd {
                guard position < buffer.count else { return nil }
                defer { position = buffer.count }
                return buffer[position...]
            }
            if position > 0 {
                buffer.removeSubrange(..<position)
                searched -= position
                position = 0
            }
            isAtEnd = try stream.read(into: &buffer) == 0
        }
    }

    private func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = lineNumber == 0 && line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line
        return start.last == UInt8(ascii: "\r") ? start.dropLast() : start
    }

    /// The first byte that no UTF-8 text has at its place.
    private static func whereInvalid(_ bytes: ArraySlice<UInt8>) -> String {
        var low = 0
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { low += UTF8.width(scalar) }
        guard low < bytes.count else { return "" }
        return String(format: " (byte 0x%02X at column %d)", bytes[bytes.startIndex + low], low + 1)
    }
}
