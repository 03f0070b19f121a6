import Dispatch
import Foundation
import Synchronization
import Training

/// Turns Ctrl-C and SIGTERM into a request to save and leave; a second signal leaves at once.
///
/// A process has one: where several runs follow one another, a second set of signal sources hears nothing on Linux.
final class Signals: Sendable {
    static let shared = Signals()

    private let current = Mutex(Interruption())

    /// What the next signal asks to stop: a run that begins now.
    func interruption() -> Interruption {
        current.withLock { interruption in
            // A stop that an earlier run was asked for is meant for this one too.
            if !interruption.isRequested { interruption = Interruption() }
            return interruption
        }
    }

    private init() {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                // Its own handler keeps the source alive.
                defer { withExtendedLifetime(source) {} }
                let interruption = current.withLock { $0 }
                if interruption.isRequested { _exit(128 + number) }
                interruption.request()
                FileHandle.standardError.write(Data("\nstopping at the next step; once more to leave at once\n".utf8))
            }
            source.resume()
        }
    }
}
