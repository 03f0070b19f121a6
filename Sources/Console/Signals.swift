import Communication
import Dispatch
import Foundation
import Synchronization
import Training

/// Turns Ctrl-C, SIGTERM, SIGUSR1 and a terminal that closes into a request to save and leave; a second Ctrl-C or SIGTERM leaves at once.
///
/// What comes within half a second of the first is the same request: `timeout` tells its command and then its whole process group, and
/// of a Ctrl-C a rank hears by its terminal and by mpirun.
///
/// A process has one: where several runs follow one another, a second set of signal sources hears nothing on Linux.
public final class Signals: Sendable {
    public static let shared = Signals()

    private let current = Mutex(Interruption())
    private let firstAsked = Mutex(ContinuousClock.Instant?.none)

    /// What the next signal asks to stop: a run that begins now.
    public func interruption() -> Interruption {
        current.withLock { interruption in
            // A stop that an earlier run was asked for is meant for this one too.
            if !interruption.isRequested { interruption = Interruption() }
            return interruption
        }
    }

    private init() {
        // A shell and the system both tell of a terminal that closes, so a second time means nothing.
        if !Self.isIgnored(SIGHUP) { listen(to: SIGHUP, leavesAtOnce: false) }
        // What mpirun hands on to its ranks, and batch systems send before time is up.
        listen(to: SIGUSR1, leavesAtOnce: false)
        for number in [SIGINT, SIGTERM] { listen(to: number, leavesAtOnce: true) }
    }

    /// Whether whoever began this process had it ignore the signal, as `nohup` does.
    static func isIgnored(_ number: Int32) -> Bool {
        let before = signal(number, SIG_IGN)
        return unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private func listen(to number: Int32, leavesAtOnce: Bool) {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { [self] in
            // Its own handler keeps the source alive.
            defer { withExtendedLifetime(source) {} }
            let interruption = current.withLock { $0 }
            if interruption.isRequested {
                let isMeant = firstAsked.withLock { $0.map { $0.duration(to: .now) > .milliseconds(500) } ?? true }
                if leavesAtOnce, isMeant { _exit(128 + number) }
                return
            }
            firstAsked.withLock { $0 = .now }
            interruption.request()
            guard Ranks.all.isFirst else { return }
            try? Sink.standardError.write("\nstopping at the next step; once more to leave at once\n")
        }
        source.resume()
    }
}
