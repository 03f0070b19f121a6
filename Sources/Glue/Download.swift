import Digests
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A file of known digest on a web server, fetched in pieces, so that an interrupted download goes on where it was.
public struct Download: Sendable {
    public let source: URL
    public let destination: URL
    /// SHA-256 in hexadecimal digits.
    public let digest: String
    /// The most bytes of a file: that of MNLI has 313 MB.
    var limit = 1 << 29
    /// Bytes a request.
    var pieceSize = 4 << 20
    /// Seconds that a server may take for a piece.
    var timeout = 60.0

    public init(_ source: URL, to destination: URL, digest: String) {
        (self.source, self.destination, self.digest) = (source, destination, digest)
    }

    /// Fetches what is missing and checks the whole; a file that is there already is only checked.
    ///
    /// - Parameter progress: hears of bytes so far, and of all where the server says.
    /// - Throws: `GlueError` where there is no network, the server refuses, or the bytes are not the official ones; what was
    ///   fetched stays for the next time unless it is wrong.
    public func run(progress: (Int, Int?) -> Void) throws {
        guard !FileManager.default.fileExists(atPath: destination.path) else { return try check(destination) }
        let partial = destination.appendingPathExtension("partial")
        if !FileManager.default.fileExists(atPath: partial.path) { try write(Data(), to: partial) }
        let file = try open(partial)
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
            guard offset + piece.data.count <= limit, total.map({ $0 <= limit }) ?? true else {
                throw GlueError(source.absoluteString, "the server sends more than \(limit >> 20) MB; wanted less")
            }
            guard !piece.data.isEmpty || piece.total == offset else {
                throw GlueError(
                    source.absoluteString, "the server ended after \(offset) of \(piece.total ?? 0) bytes; try again")
            }
            try write(piece.data, with: file, partial)
            offset += piece.data.count
            progress(offset, total)
        }
        try check(partial)
        try FileManager.default.moveItem(at: partial, to: destination)
    }

    private struct Piece: Sendable {
        var data: Data
        var total: Int?
        /// The server does not know of ranges and sent everything.
        var isWhole = false
    }

    private func fetch(from offset: Int) throws -> Piece {
        var request = URLRequest(url: source)
        request.setValue("bytes=\(offset)-\(offset + pieceSize - 1)", forHTTPHeaderField: "Range")
        let answer = BoundedAnswer(limit: limit)
        let session = URLSession(configuration: .ephemeral, delegate: answer, delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        session.dataTask(with: request).resume()
        // Foundation on Linux never ends a request that gets no answer.
        guard answer.done.wait(timeout: .now() + timeout) == .success else {
            throw GlueError(source.absoluteString, "no answer within \(Int(timeout)) seconds; try again")
        }
        let state = answer.state.withLock { $0 }
        guard !state.isTooLong else {
            throw GlueError(source.absoluteString, "the server sends more than \(limit >> 20) MB; wanted less")
        }
        switch Self.piece(state.data, state.response, state.problem, offset) {
        case .success(let piece): return piece
        case .failure(let error): throw GlueError(source.absoluteString, error.problem)
        }
    }

    private static func piece(
        _ data: Data?, _ response: HTTPURLResponse?, _ problem: String?, _ offset: Int
    ) -> Result<Piece, GlueError> {
        guard let data, let response, problem == nil else {
            return .failure(GlueError("", "cannot be reached: \(problem ?? "no answer"); is there a network?"))
        }
        let range = response.value(forHTTPHeaderField: "Content-Range")
        let total = range?.split(separator: "/").last.flatMap { Int($0) }
        switch response.statusCode {
        case 206: return .success(Piece(data: data, total: total))
        case 200: return .success(Piece(data: data, total: data.count, isWhole: true))
        case 416: return .success(Piece(data: Data(), total: offset))
        default: return .failure(GlueError("", "the server says \(response.statusCode)"))
        }
    }

    private func check(_ url: URL) throws {
        guard let data = try? Data(contentsOf: url, options: .alwaysMapped) else {
            throw GlueError(url.relativePath, "cannot be read")
        }
        let found = SHA256.hexadecimal(of: data)
        guard found == digest else {
            try? FileManager.default.removeItem(at: url)
            throw GlueError(
                source.absoluteString,
                "not the official file: SHA-256 \(found), wanted \(digest); removed, try again")
        }
    }

    private func open(_ url: URL) throws -> FileHandle {
        guard let file = FileHandle(forUpdatingAtPath: url.path) else {
            throw GlueError(url.relativePath, "cannot be written")
        }
        return file
    }

    private func seek(_ file: FileHandle) throws -> UInt64 {
        do { return try file.seekToEnd() } catch { throw GlueError(destination.relativePath, "cannot be read") }
    }

    private func write(_ data: Data, to url: URL) throws {
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: url)
        } catch { throw GlueError(url.relativePath, "cannot be written") }
    }

    private func write(_ data: Data, with file: FileHandle, _ url: URL) throws {
        do {
            try file.write(contentsOf: data)
        } catch { throw GlueError(url.relativePath, "cannot be written; is the disk full?") }
    }
}
