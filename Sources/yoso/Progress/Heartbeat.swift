import Dispatch
import Foundation

/// Says every now and then that work which tells nothing of itself goes on, and since when: in place every second where
/// standard output is a terminal, a line every ten seconds elsewhere.
final class Heartbeat {
    private let timer: any DispatchSourceTimer
    private let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Goes on while `work` does.
    static func during<Result>(_ text: String, _ work: () throws -> Result) rethrows -> Result {
        let heartbeat = Heartbeat(text)
        defer { heartbeat.stop() }
        return try work()
    }

    private init(_ text: String) {
        timer = DispatchSource.makeTimerSource()
        let (start, isTerminal) = (ContinuousClock.now, isTerminal)
        timer.setEventHandler {
            let line = "\(text): \(Show.time(start.duration(to: .now).seconds))"
            Terminal.write(isTerminal ? "\r\u{1B}[K" + line : line + "\n")
        }
        let interval = isTerminal ? 1 : 10
        timer.schedule(deadline: .now() + .seconds(interval), repeating: .seconds(interval))
        timer.resume()
    }

    /// Ends it, and clears its line.
    private func stop() {
        timer.cancel()
        if isTerminal { Terminal.write("\r\u{1B}[K") }
    }
}
