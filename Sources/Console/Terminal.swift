import Foundation
import Synchronization

/// Standard output. What cannot be written must not end the work that it tells of: the first failure is kept for the end,
/// and nothing more is written.
public enum Terminal {
    private static let failure = Mutex<SinkError?>(nil)

    public static func line(_ text: String) { write(text + "\n") }

    public static func write(_ text: String) {
        failure.withLock { failure in
            guard failure == nil else { return }
            do { try Sink.standardOutput.write(text) } catch { failure = error as? SinkError }
        }
    }

    /// Says what may come next, on standard error, so that output which is piped on holds results alone.
    public static func next(_ command: String) { try? Sink.standardError.write("next: \(command)\n") }

    /// - Throws: `SinkError` where something was not written.
    public static func check() throws {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    static let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Columns of the window as it is now; 80 where it has no width.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
