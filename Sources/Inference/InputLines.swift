import Foundation

/// The lines of standard input or of a file as they come, or of a text, in constant memory: split at line feeds alone, strictly UTF-8.
public final class InputLines {
    /// A line by its number from 1; its text, or why it has none.
    public struct Line {
        public let number: Int
        public let text: Result<String, InputProblem>
    }

    /// As errors call it.
    public let name: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isAtEnd = false
    /// Whether the beginning of the line that is read was too long to be kept.
    private var isTooLong = false
    private var number = 0
    private let longest: Int

    /// What compressed files begin with, and what reads them.
    private static let compressions: [(mark: [UInt8], tool: String)] = [
        ([0x1F, 0x8B], "zcat"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xzcat"), ([0x28, 0xB5, 0x2F, 0xFD], "zstdcat"),
    ]

    /// Milliseconds without input that are a pause.
    private static let pause: Int32 = 3

    /// - Parameters:
    ///   - path: of a file; nil or `-` for standard input.
    ///   - text: which is all there is, where it is not nil.
    ///   - longest: the most bytes of a line.
    /// - Throws: `InputProblem` where there is no such file, where there is a text beside one, or where one was meant.
    public init(_ path: String? = nil, text: String? = nil, longest: Int = 4 << 20) throws {
        self.longest = longest
        guard let text else {
            let path = path == "-" ? nil : path
            name = path ?? "standard input"
            descriptor = path.map { open($0, O_RDONLY | O_CLOEXEC) } ?? STDIN_FILENO
            guard descriptor >= 0 else { throw problem() }
            return
        }
        let end = text.hasSuffix("\n") ? "" : "\n"
        (name, descriptor, buffer, isAtEnd) = ("the text", -1, Array((text + end).utf8), true)
        if let path { throw InputProblem("a text, and --input \(path); wanted one of them") }
        var found = stat()
        // A word may be the name of a folder.
        guard stat(text, &found) != 0 || found.st_mode & S_IFMT != S_IFREG else {
            throw InputProblem("\(text) is a file; wanted a text, or --input \(text)")
        }
    }

    /// Whether this is what is at `path`, by whichever name.
    public func isFile(at path: String) -> Bool {
        var (own, other) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && stat(path, &other) == 0 && own.st_mode & S_IFMT == S_IFREG
            && (own.st_dev, own.st_ino) == (other.st_dev, other.st_ino)
    }

    deinit { if descriptor > STDIN_FILENO { close(descriptor) } }

    /// Waits for a line, and takes with it those that come without a pause, `count` at most; none at the end.
    ///
    /// - Throws: `InputProblem` where reading fails.
    public func next(atMost count: Int) throws -> [Line] {
        var lines: [Line] = []
        while lines.count < count {
            if let line = nextInBuffer() {
                lines.append(line)
            } else if isAtEnd || !lines.isEmpty && !hasMore() {
                break
            } else {
                try read()
            }
        }
        return lines
    }

    private func nextInBuffer() -> Line? {
        let end = buffer.firstIndex(of: UInt8(ascii: "\n"))
        guard let last = end ?? (isAtEnd && !(buffer.isEmpty && !isTooLong) ? buffer.count : nil) else {
            if buffer.count > longest { (buffer, isTooLong) = ([], true) }
            return nil
        }
        var bytes = buffer[..<last]
        if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
        // A byte order mark, which editors on Windows put in front of a file.
        if number == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        number += 1
        let text: Result<String, InputProblem> =
            if isTooLong || bytes.count > longest {
                .failure(InputProblem("longer than \(longest) bytes"))
            } else if bytes.contains(0) {
                // As of UTF-16, which is valid UTF-8 where it is of English.
                .failure(InputProblem("a NUL byte; wanted text"))
            } else {
                String(validating: bytes, as: UTF8.self).map { .success($0) } ?? .failure(InputProblem("not UTF-8"))
            }
        isTooLong = false
        buffer.removeFirst(min(buffer.count, last + 1))
        return Line(number: number, text: text)
    }

    private func hasMore() -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, Self.pause) > 0
    }

    private func read() throws {
        let size = 1 << 16
        var code: Int32 = 0
        let piece = [UInt8](unsafeUninitializedCapacity: size) { piece, count in
            let read = Foundation.read(descriptor, piece.baseAddress, size)
            (count, code) = (max(0, read), read < 0 ? errno : 0)
        }
        guard code == 0 || code == EINTR || code == EAGAIN else {
            throw InputProblem("\(name): cannot be read: \(String(cString: strerror(code)))")
        }
        if code == EAGAIN { _ = hasMore() }
        isAtEnd = piece.isEmpty && code == 0
        if number == 0, buffer.isEmpty, let tool = Self.compressions.first(where: { piece.starts(with: $0.mark) })?.tool
        {
            throw InputProblem("\(name): is compressed; wanted lines, as \(tool) gives them")
        }
        buffer += piece
    }

    private func problem() -> InputProblem {
        InputProblem("\(name): cannot be read: \(String(cString: strerror(errno)))")
    }
}

/// What is wrong with the input, or with one line of it.
public struct InputProblem: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
