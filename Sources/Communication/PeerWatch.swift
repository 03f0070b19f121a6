#if MPI
    import Dispatch
    import Foundation
    import Synchronization

    /// Looks whether the ranks of this host live, so that none waits for one that was killed: MPI itself says nothing of that, and
    /// not every launcher ends the others.
    final class PeerWatch: Sendable {
        private let wayOn = Mutex("")
        // Set once, before anyone else has the object.
        nonisolated(unsafe) private let timer = DispatchSource.makeTimerSource(queue: .global())

        private static let interval = DispatchTimeInterval.milliseconds(200)

        /// - Parameter ranks: those that share memory with their processes. One that cannot be seen is not looked for.
        init(_ ranks: [(rank: Int, process: Int32)], on wire: MPIWire) {
            let peers = ranks.filter { $0.rank != wire.rank && Self.lives($0.process) }
            timer.setEventHandler { [weak self] in
                guard let self else { return }
                let gone = peers.filter { !Self.lives($0.process) }
                // One that is left tells of all.
                guard let first = gone.first, !peers.contains(where: { $0.rank < wire.rank && Self.lives($0.process) })
                else { return }
                let names = gone.map { "rank \($0.rank)" }.joined(separator: ", ")
                let text = wayOn.withLock { $0 }
                wire.fail(
                    "\(names) on this host, process \(first.process), is gone" + (text.isEmpty ? "" : "; \(text)"),
                    code: 1)
            }
            timer.schedule(deadline: .now() + Self.interval, repeating: Self.interval)
            timer.resume()
        }

        deinit { timer.cancel() }

        func remember(_ text: String) { wayOn.withLock { $0 = text } }

        func stop() { timer.cancel() }

        private static func lives(_ process: Int32) -> Bool { kill(process, 0) == 0 || errno == EPERM }
    }
#endif
