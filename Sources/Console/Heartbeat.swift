import Dispatch
import Foundation
import Synchronization
import Training

/// Says every now and then that work goes on which cannot tell of itself, what it does, and since when: in place every second
/// where standard output is a terminal, a line every ten seconds elsewhere.
public final class Heartbeat: Sendable {
    private let phase = Mutex("")
    // Set once, before anyone else has the object.
    nonisolated(unsafe) private let timer: any DispatchSourceTimer = DispatchSource.makeTimerSource()

    /// Goes on while `work` does, which says by `enter` what it does.
    public static func during<Result>(_ work: (Heartbeat) throws -> Result) rethrows -> Result {
        let heartbeat = Heartbeat()
        heartbeat.start()
        defer { heartbeat.stop() }
        return try work(heartbeat)
    }

    /// What the work does from now on.
    public func enter(_ name: String) { phase.withLock { $0 = name } }

    private func start() {
        let start = ContinuousClock.now
        timer.setEventHandler { [weak self] in
            guard let self else { return }
            let line = "\(phase.withLock { $0 }): \(Show.time(start.duration(to: .now).seconds))"
            Terminal.write(Terminal.isTerminal ? StatusLine.inPlace(line) : line + "\n")
        }
        let interval = Terminal.isTerminal ? 1 : 10
        timer.schedule(deadline: .now() + .seconds(interval), repeating: .seconds(interval))
        timer.resume()
    }

    /// Ends it, and clears its line.
    private func stop() {
        timer.cancel()
        if Terminal.isTerminal { Terminal.write(StatusLine.inPlace("")) }
    }
}
