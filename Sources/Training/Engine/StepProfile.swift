import Autograd

/// Where the time of training steps goes, by phase.
public final class StepProfile {
    /// A part of a step.
    public struct Row: Sendable, Codable {
        public let phase: String
        /// A step, on the clock, where the slices' time is spread over the threads.
        public let seconds: Double
    }

    private var clocks: [PhaseClock] = []
    private var own: [(phase: String, seconds: Double)] = []
    private let threads: Int
    private var steps = 0
    private var total = 0.0

    public init(threads: Int) { self.threads = threads }

    /// A clock a slice.
    func clocks(_ count: Int) -> [PhaseClock] {
        if clocks.count != count { clocks = (0..<count).map { _ in PhaseClock() } }
        return clocks
    }

    /// Counts the time since `start` for `phase`, which no slice has a part in.
    public func add(_ phase: String, since start: ContinuousClock.Instant) {
        let seconds = start.duration(to: .now).seconds
        if let index = own.firstIndex(where: { $0.phase == phase }) {
            own[index].seconds += seconds
        } else {
            own.append((phase, seconds))
        }
    }

    /// Counts a whole step that began at `start`.
    public func endStep(since start: ContinuousClock.Instant) {
        total += start.duration(to: .now).seconds
        steps += 1
    }

    /// All phases that took time; the last is what none of them explains, as when one thread waits for another. None before the
    /// first step.
    public var rows: [Row] {
        guard steps > 0 else { return [] }
        let parallel = Double(max(1, min(threads, clocks.count)))
        let passes = Phase.allCases.flatMap { phase in
            [("forward", \PhaseClock.forward), ("backward", \PhaseClock.backward)].map { name, times in
                Row(
                    phase: "\(phase.rawValue) \(name)",
                    seconds: clocks.reduce(0) { $0 + ($1[keyPath: times][phase] ?? 0) } / parallel)
            }
        }
        let rows = (passes + own.map { Row(phase: $0.phase, seconds: $0.seconds) }).filter { $0.seconds > 0 }
        let waiting = Row(phase: "waiting", seconds: max(0, total - rows.reduce(0) { $0 + $1.seconds }))
        return (rows + [waiting]).map { Row(phase: $0.phase, seconds: $0.seconds / Double(steps)) }
    }
}
