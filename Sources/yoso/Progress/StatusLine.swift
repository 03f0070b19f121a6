import Foundation

/// Long work on the terminal: one line that is rewritten in place, or, where standard output is no terminal, a plain
/// line now and then.
final class StatusLine {
    private let isTerminal: Bool
    private let interval: Duration
    private var lastWritten: ContinuousClock.Instant?
    private var isOpen = false

    /// Lines at most every `interval` where output is no terminal, and ten a second where it is.
    init(interval: Duration = .seconds(10)) {
        isTerminal = isatty(STDOUT_FILENO) == 1
        self.interval = isTerminal ? .milliseconds(100) : interval
    }

    /// Shows `text` in place of the last status, unless one was shown just now and this one is not `important`.
    func show(_ text: @autoclosure () -> String, important: Bool = false) {
        let now = ContinuousClock.now
        if !important, let lastWritten, lastWritten.duration(to: now) < interval { return }
        lastWritten = now
        isOpen = isTerminal
        write(isTerminal ? "\r\u{1B}[K" + text() : text() + "\n")
    }

    /// Writes a line that stays.
    func line(_ text: String) {
        write((isOpen ? "\r\u{1B}[K" : "") + text.visible + "\n")
        isOpen = false
    }

    private func write(_ text: String) { Terminal.write(text) }
}

/// Standard output, unbuffered, so that lines of a run that is watched or killed are not lost.
enum Terminal {
    static func line(_ text: String) { write(text + "\n") }

    /// A line on standard error, where standard output is for results.
    static func warn(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data((text.visible + "\n").utf8))
    }

    /// Progress that cannot be written, to a full disk for example, must not end the work that it tells of.
    static func write(_ text: String) { try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) }
}
