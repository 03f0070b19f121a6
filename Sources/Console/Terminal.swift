import Communication
import Foundation
import Synchronization

/// Standard output, where of the ranks that work on a run the first alone speaks. What cannot be written must not end the work that it tells of:
/// the first failure is kept for the end, and nothing more is written.
public enum Terminal {
    private static let failure = Mutex<SinkError?>(nil)

    /// Makes what is closed, now or later, an error of a write: not the end of a run that was not saved, nor a number that the
    /// next file to be opened gets, into which output would then go; and joins the ranks that it was started among.
    public static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        // A write beyond a limit fails, and is told as any other.
        signal(SIGXFSZ, SIG_IGN)
        // Swift's runtime takes it for a crash, tells where each thread is, and goes on.
        if Signals.isIgnored(SIGQUIT) { signal(SIGQUIT, SIG_IGN) } else { signal(SIGQUIT, SIG_DFL) }
        if (ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? width) < narrowest {
            setenv("COLUMNS", "\(narrowest)", 1)
        }
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is this one's; it can be neither read nor written as it is meant to be.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
        _ = Ranks.all
    }

    /// Ends the program, once all ranks do: an error is a line, said once.
    public static func end(_ error: String, code: Int32) -> Never {
        exit(Ranks.all.end(error, code: code, say: warn))
    }

    /// A line of words for a person, as `visible` shows it.
    public static func line(_ text: String) { write(text.visible + "\n") }

    public static func write(_ text: String) {
        failure.withLock { failure in
            guard failure == nil, Ranks.current.isFirst else { return }
            do { try Sink.standardOutput.write(speaker + text) } catch { failure = error as? SinkError }
        }
    }

    /// A line on standard error, where standard output is for results.
    public static func warn(_ text: String) {
        guard Ranks.current.isFirst else { return }
        try? Sink.standardError.write(speaker + text.visible.shortened + "\n")
    }

    /// What is worth knowing, in the same place.
    public static func note(_ text: String) { warn("note: \(text.onOneLine)") }

    /// Who says a line, where each rank speaks of runs of its own.
    private static var speaker: String { Ranks.current.size < Ranks.all.size ? "rank \(Ranks.all.rank): " : "" }

    /// Says what may come next, on standard error, so that output which is piped on holds results alone.
    public static func next(_ command: ShellCommand) { warn("next: \(command)") }

    /// - Throws: `SinkError` where something was not written.
    public static func check() throws {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    /// What several ranks write goes through their launcher, which makes a terminal of its own for it.
    static let isTerminal = isatty(STDOUT_FILENO) == 1 && Ranks.all.size == 1

    /// Columns without which the argument parser has no help.
    private static let narrowest = 40

    /// Of the window; nil where output is no terminal, for which no line is broken.
    public static var columns: Int? { isTerminal ? width : nil }

    /// Columns of the window as it is now; 80 where it has no width.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
