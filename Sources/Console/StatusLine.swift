import Foundation
import Options

/// Long work on the terminal: one line that is rewritten in place, or, where standard output is no terminal, a plain
/// line now and then.
public final class StatusLine {
    private let interval: Duration
    private var lastWritten: ContinuousClock.Instant?
    private var isOpen = false

    /// Lines at most every `interval` where output is no terminal, and ten a second where it is.
    public init(interval: Duration = .seconds(10)) {
        self.interval = Terminal.isTerminal ? .milliseconds(100) : interval
    }

    /// Of a command whose output is read by others where it is no terminal: nil there.
    public static var onTerminal: StatusLine? { Terminal.isTerminal ? StatusLine() : nil }

    /// Shows `text` in place of the last status, unless one was shown just now and this one is not `important`.
    ///
    /// - Parameter text: parts with two spaces between, what matters most first: those that a window has no room for are
    ///   left out.
    public func show(_ text: @autoclosure () -> String, important: Bool = false) {
        let now = ContinuousClock.now
        if !important, let lastWritten, lastWritten.duration(to: now) < interval { return }
        lastWritten = now
        isOpen = Terminal.isTerminal
        Terminal.write(isOpen ? Self.inPlace(text()) : text().visible + "\n")
    }

    /// Writes a line that stays.
    public func line(_ text: String) {
        clear()
        Terminal.write(text.visible + "\n")
    }

    /// Takes the last status away, for what is written next.
    public func clear() {
        if isOpen { Terminal.write(Self.inPlace("")) }
        isOpen = false
    }

    /// `text` over what stands in the last row of the terminal.
    static func inPlace(_ text: String) -> String { "\r\u{1B}[K" + fitted(text.visible, columns: Terminal.width) }

    /// The first parts of `text` that leave the last of `columns` free, where the cursor stands: a longer line would take a new
    /// row every time that it is written.
    static func fitted(_ text: String, columns: Int) -> String {
        let room = max(0, columns - 1)
        guard text.terminalColumns > room else { return text }
        var fitted = ""
        for part in text.components(separatedBy: "  ") {
            let longer = fitted.isEmpty ? part : "\(fitted)  \(part)"
            guard longer.terminalColumns <= room else { break }
            fitted = longer
        }
        return fitted.isEmpty ? String(text.prefix(columns: room)) : fitted
    }
}
