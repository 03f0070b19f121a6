import Foundation

/// What is wrong with a file or folder of a checkpoint, and what to do: always one line that begins with the path.
public struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
    public let path: String
    public let problem: String

    public init(_ url: URL, _ problem: String) {
        path = url.relativePath
        self.problem = problem
    }

    public var description: String { "\(path): \(problem)" }

    /// Whether nothing is known of the file: it may be good.
    var isUnreadable: Bool { problem.hasPrefix(Self.unreadable) }
    fileprivate static let unreadable = "cannot be read"
}

extension CheckpointError {
    /// A file that is there and cannot be opened or read, by `errno`.
    static func unreadable(_ url: URL) -> CheckpointError {
        let code = errno
        let reason = access(url.path, R_OK) == 0 ? code : errno
        return CheckpointError(url, "\(unreadable): \(String(cString: strerror(reason)).lowercased())")
    }

    /// A failed system call on `url`, by `errno`.
    static func system(_ url: URL, _ doing: String, _ code: Int32 = errno) -> CheckpointError {
        if code == ELOOP { return CheckpointError(url, "is a link; nothing is written through one: remove it") }
        let reason = code == ENOSPC ? "disk full" : String(cString: strerror(code)).lowercased()
        return CheckpointError(url, "cannot \(doing): \(reason)")
    }
}
