import Checkpoints
import Digests
import Foundation
import Tasks

/// A file of known digest on a web server, fetched in pieces, so that an interrupted download goes on where it was.
///
/// The program `curl` fetches them: Foundation's networking would have every binary link its library and all that this wants.
public struct Download: Sendable {
    public let source: URL
    public let destination: URL
    /// SHA-256 in hexadecimal digits.
    public let digest: String
    /// The most bytes of a file: that of MNLI has 313 MB.
    var limit = 1 << 29
    /// Bytes a request.
    var pieceSize = 4 << 20
    /// Seconds that a server may send nothing.
    var timeout = 60.0

    public init(_ source: URL, to destination: URL, digest: String) {
        (self.source, self.destination, self.digest) = (source, destination, digest)
    }

    /// Fetches what is missing and checks the whole; a file that is there already is only checked.
    ///
    /// - Parameter progress: hears of bytes so far, and of all where the server says.
    /// - Throws: `TaskError` where there is no network, the server refuses, or the bytes are not the official ones; what was
    ///   fetched stays for the next time unless it is wrong.
    public func run(progress: (Int, Int?) -> Void) throws {
        guard !FileManager.default.fileExists(atPath: destination.path) else { return try check(destination) }
        let partial = destination.appendingPathExtension("partial")
        try AtomicFolder.createDirectory(partial.deletingLastPathComponent())
        let file = try opened(partial)
        defer { try? file.close() }
        var offset = Int(try seek(file))
        var total: Int?
        while total.map({ offset < $0 }) ?? true {
            let piece = try fetch(from: offset)
            if piece.isWhole {
                try file.truncate(atOffset: 0)
                offset = 0
            }
            total = piece.total
            guard offset + piece.data.count <= limit, total.map({ $0 <= limit }) ?? true else { throw tooLong }
            guard !piece.data.isEmpty || piece.total == offset else {
                throw TaskError(
                    source.absoluteString, "the server ended after \(offset) of \(piece.total ?? 0) bytes; try again")
            }
            try write(piece.data, with: file, partial)
            offset += piece.data.count
            progress(offset, total)
        }
        try check(partial)
        try FileManager.default.moveItem(at: partial, to: destination)
    }

    private struct Piece {
        var data: Data
        var total: Int?
        /// The server does not know of ranges and sent everything.
        var isWhole = false
    }

    private func fetch(from offset: Int) throws -> Piece {
        let curl = try curl([
            "--range", "\(offset)-\(offset + pieceSize - 1)", "--include", "--suppress-connect-headers",
        ])
        switch curl.code {
        case 0: break
        // What came before the server stopped is no less right.
        case 28 where !curl.body.isEmpty: break
        case 28: throw late
        case 127: throw TaskError("curl", "not found; wanted that program, which fetches files")
        default:
            let reason = curl.error.trimmingCharacters(in: .whitespacesAndNewlines)
            throw TaskError(source.absoluteString, "cannot be reached: \(reason); is there a network?")
        }
        let range = curl.head.first { $0.lowercased().hasPrefix("content-range:") }
        let data = curl.body
        let status = curl.head.first.flatMap(Self.status) ?? ""
        switch status {
        case "206": return Piece(data: data, total: range?.split(separator: "/").last.flatMap { Int($0) })
        case "200":
            guard curl.code == 0 else { throw late }
            return Piece(data: data, total: data.count, isWhole: true)
        case "416": return Piece(data: Data(), total: offset)
        default: throw TaskError(source.absoluteString, "the server says \(status)")
        }
    }

    /// Of the first line of a head.
    private static func status(_ line: String) -> Substring? { line.split(separator: " ").dropFirst().first }

    /// The lines of the answer's head, and what is behind it: where the server sent it elsewhere, that answer is the last.
    private static func parts(of answer: Data) -> (head: [String], body: Data) {
        var (head, body) = ([String](), answer)
        while body.starts(with: Data("HTTP/".utf8)), ["1", "3"].contains(head.first.flatMap(status)?.first ?? "1"),
            let end = body.range(of: Data("\r\n\r\n".utf8))
        {
            head = String(decoding: body[..<end.lowerBound], as: UTF8.self).split(whereSeparator: \.isNewline).map(
                String.init)
            body = body[end.upperBound...]
        }
        return (head, body)
    }

    private var late: TaskError {
        TaskError(source.absoluteString, "no answer within \(Int(timeout)) seconds; try again")
    }

    private var tooLong: TaskError {
        TaskError(source.absoluteString, "the server sends more than \(limit >> 20) MB; wanted less")
    }

    /// - Throws: `TaskError` where it cannot be run, or where more comes than a file may have.
    private func curl(_ arguments: [String]) throws -> (code: Int32, head: [String], body: Data, error: String) {
        let (tool, output, error) = (Process(), Pipe(), Pipe())
        let seconds = "\(max(1, Int(timeout.rounded(.up))))"
        tool.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tool.arguments =
            [
                "curl", "--disable", "--silent", "--show-error", "--location", "--connect-timeout", seconds,
                "--speed-limit", "1", "--speed-time", seconds,
            ] + arguments
            + [source.absoluteString]
        (tool.standardOutput, tool.standardError) = (output, error)
        do { try tool.run() } catch { throw TaskError("curl", "cannot be run: \(error.localizedDescription)") }
        var body = Data()
        while let part = try? output.fileHandleForReading.read(upToCount: 1 << 16), !part.isEmpty {
            body += part
            guard body.count <= limit else {
                // Not SIGTERM, which curl may have inherited as blocked from the thread that began it.
                kill(tool.processIdentifier, SIGKILL)
                tool.waitUntilExit()
                throw tooLong
            }
        }
        let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        tool.waitUntilExit()
        let answer = Self.parts(of: body)
        return (tool.terminationStatus, answer.head, answer.body, text)
    }

    private func check(_ url: URL) throws {
        guard let data = try? Data(contentsOf: url, options: .alwaysMapped) else {
            throw TaskError(url.relativePath, "cannot be read")
        }
        let found = SHA256.hexadecimal(of: data)
        guard found == digest else {
            try? FileManager.default.removeItem(at: url)
            throw TaskError(
                source.absoluteString,
                "not the official file: SHA-256 \(found), wanted \(digest); removed, try again")
        }
    }

    /// Not through a link, which whoever has the folder may have put there.
    private func opened(_ url: URL) throws -> FileHandle {
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw TaskError(url.relativePath, "cannot be written: \(String(cString: strerror(errno)).lowercased())")
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private func seek(_ file: FileHandle) throws -> UInt64 {
        do { return try file.seekToEnd() } catch { throw TaskError(destination.relativePath, "cannot be read") }
    }

    private func write(_ data: Data, with file: FileHandle, _ url: URL) throws {
        do {
            try file.write(contentsOf: data)
        } catch { throw TaskError(url.relativePath, "cannot be written; is the disk full?") }
    }
}
