import Synchronization

/// A request to stop at the next safe point, set from a signal handler's queue and read by the loop.
public final class Interruption: Sendable {
    private let requested = Atomic(false)

    public init() {}

    public var isRequested: Bool { requested.load(ordering: .relaxed) }

    public func request() { requested.store(true, ordering: .relaxed) }
}
