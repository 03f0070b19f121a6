import Foundation

/// A file descriptor that text is written to, unbuffered, so that lines of a run that is watched or killed are not lost.
public struct Sink: Sendable {
    /// As errors call it.
    public let name: String
    let descriptor: Int32

    public static let standardOutput = Sink(name: "standard output", descriptor: STDOUT_FILENO)
    public static let standardError = Sink(name: "standard error", descriptor: STDERR_FILENO)

    private init(name: String, descriptor: Int32) { (self.name, self.descriptor) = (name, descriptor) }

    /// A new file at `path`, in place of an older one; standard output by `-`.
    ///
    /// - Throws: `SinkError` where the file cannot be opened.
    public init(path: String) throws {
        guard path != "-" else {
            self = .standardOutput
            return
        }
        self.init(name: path, descriptor: open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666))
        guard descriptor >= 0 else { throw SinkError(name: path, code: errno, verb: "created") }
        var found = stat()
        guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else { return }
        // Of two that write one file each would lose lines of the other.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
            throw SinkError(name: path, code: EWOULDBLOCK, verb: "created")
        }
        guard ftruncate(descriptor, 0) == 0 else { throw SinkError(name: path, code: errno, verb: "created") }
    }

    /// - Throws: `SinkError` where not all of `text` can be written: a full disk, a closed pipe, a terminal that is gone.
    public func write(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { bytes = bytes.dropFirst(count) }
            if count >= 0 || errno == EINTR { continue }
            guard errno == EAGAIN else { throw SinkError(name: name, code: errno, verb: "written") }
            // Whoever shares the descriptor made it one that does not wait.
            var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&wanted, 1, -1)
        }
    }
}

/// Why output did not arrive.
public struct SinkError: Error, Equatable, Sendable, CustomStringConvertible {
    let name: String
    let code: Int32
    let verb: String

    public var description: String {
        code == EWOULDBLOCK
            ? "\(name): another process is writing it; wait for it or choose another name"
            : "\(name): cannot be \(verb): \(String(cString: strerror(code)))"
    }
}
