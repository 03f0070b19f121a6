import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How many passes have added to one sum: an eventcount, for which others wait (Reed & Kanodia, CACM 1979).
final class EventCount: Sendable {
    private let count = Atomic(0)

    func reset() { count.store(0, ordering: .relaxed) }

    func hasReached(_ pass: Int) -> Bool { count.load(ordering: .acquiring) == pass }

    func advance(past pass: Int) { count.store(pass + 1, ordering: .releasing) }
}

/// The turns of one pass in the order of all, one a sum, each of which it takes once for all of its uses of a parameter.
final class PassOrder {
    private let turns: [EventCount]
    private var states: [State]
    private let pass: Int
    private let clock: PhaseClock?

    private enum State: Equatable {
        case ahead
        case taken(uses: Int)
        case over
    }

    init(_ turns: [EventCount], pass: Int, clock: PhaseClock?) {
        (self.turns, self.pass, self.clock) = (turns, pass, clock)
        states = Array(repeating: .ahead, count: turns.count)
    }

    /// Whether all earlier passes are through with `turn`.
    func hasCome(_ turn: Int) -> Bool { states[turn] != .ahead || turns[turn].hasReached(pass) }

    /// Runs `body` once all earlier passes are through with `turn`, and lets the next one have it after the last of so many uses.
    func use(_ turn: Int, outOf uses: Int, _ body: () -> Void) {
        let before = take(turn)
        body()
        if before + 1 == uses { end(turn) } else { states[turn] = .taken(uses: before + 1) }
    }

    /// Lets the next pass have all turns that this one had no use for.
    func endAll() {
        for turn in turns.indices where states[turn] != .over {
            _ = take(turn)
            end(turn)
        }
    }

    /// Waits for all earlier passes; returns how often this one has used `turn`.
    private func take(_ turn: Int) -> Int {
        switch states[turn] {
        case .ahead:
            wait(for: turns[turn])
            return 0
        case .taken(let uses): return uses
        case .over: preconditionFailure("a pass uses a parameter more often than its scope says")
        }
    }

    private func end(_ turn: Int) {
        turns[turn].advance(past: pass)
        states[turn] = .over
    }

    private func wait(for turn: EventCount) {
        if turn.hasReached(pass) { return }
        let start = ContinuousClock.now
        // The pass before is mostly a moment behind, and sleeping takes longer to wake from.
        while !turn.hasReached(pass) { sched_yield() }
        clock?.skip(since: start)
    }
}
