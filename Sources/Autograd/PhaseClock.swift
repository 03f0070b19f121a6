/// What an operation belongs to, where the time of a step is told.
public enum Phase: String, Sendable, Codable, CaseIterable {
    case embeddings, dense, attention, norms, activations, head, exchange, other
}

/// Seconds by phase of the passes of one worker: a tape laps it after every operation, so that what lies between two
/// operations counts for the second.
public final class PhaseClock {
    public private(set) var forward: [Phase: Double] = [:]
    public private(set) var backward: [Phase: Double] = [:]
    private var last = ContinuousClock.now

    public init() {}

    func start() { last = .now }

    /// Leaves out the time since `start`, in which the worker waited.
    func skip(since start: ContinuousClock.Instant) { last = last.advanced(by: start.duration(to: .now)) }

    func lap(_ phase: Phase, isBackward: Bool) {
        let now = ContinuousClock.now
        let (seconds, attoseconds) = last.duration(to: now).components
        let passed = Double(seconds) + 1e-18 * Double(attoseconds)
        last = now
        if isBackward { backward[phase, default: 0] += passed } else { forward[phase, default: 0] += passed }
    }
}
