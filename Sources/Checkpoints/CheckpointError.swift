import Foundation

/// What is wrong with a file or folder of a checkpoint, and what to do: always one line that begins with the path.
public struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
    public let path: String
    public let problem: String
    /// Whether nothing is known of the file: it may be good.
    let isUnreadable: Bool

    public init(_ url: URL, _ problem: String) { self.init(url.relativePath, problem, isUnreadable: false) }

    private init(_ path: String, _ problem: String, isUnreadable: Bool) {
        (self.path, self.problem, self.isUnreadable) = (path, problem, isUnreadable)
    }

    public var description: String { "\(path): \(problem)" }

    /// The same, and what to do.
    func advising(_ advice: String) -> CheckpointError {
        CheckpointError(path, "\(problem); \(advice)", isUnreadable: isUnreadable)
    }
}

extension CheckpointError {
    /// A file or folder that is there, if only as a link, and cannot be opened or read, by `errno`.
    static func unreadable(_ url: URL) -> CheckpointError {
        let code = errno
        let reason = access(url.path, R_OK) == 0 ? code : errno
        return CheckpointError(
            url.relativePath, "cannot be read: \(String(cString: strerror(reason)).lowercased())", isUnreadable: true)
    }

    /// A failed system call on `url`, by `errno`.
    static func system(_ url: URL, _ doing: String, _ code: Int32 = errno) -> CheckpointError {
        if code == ELOOP { return CheckpointError(url, "is a link; nothing is written through one: remove it") }
        let reason = code == ENOSPC ? "disk full" : String(cString: strerror(code)).lowercased()
        return CheckpointError(url, "cannot \(doing): \(reason)")
    }
}
