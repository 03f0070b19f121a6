import Synchronization
import Tensors

/// The threads of a run: for independent parts of a step, and, shared out among the passes that run at once, inside of each.
///
/// What a part computes must depend on its index alone; then a result is the same for any number of threads.
public struct Workers: Sendable {
    private let team: Team
    /// That its threads keep busy.
    let cores: Int

    public var threads: Int { team.size }

    /// Bytes held from the system and blocks asked for, over the memory of all threads.
    var allocated: (bytes: Int, blocks: Int) { team.allocated }

    /// `threads` threads, or one for each of the cores that this process may use for 0. More than four a core would only wait for
    /// one another, for minutes where a thousand measure the peak.
    public init(threads: Int = 0) {
        let own = Cores.own
        let count = threads > 0 ? min(threads, 4 * own) : own
        cores = min(count, own)
        team = Team(
            count, cores: Cores.places(of: count), staysAwake: Double(count) <= min(Cores.available, Double(own)))
    }

    /// Calls `body` with every index below `count`, each once, and returns when all are done.
    public func each(_ count: Int, _ body: (Int) -> Void) { team.each(count) { index, _ in body(index) } }

    /// `body` of every index below `count`, of which the smallest is always begun next: a part may wait for what smaller ones do.
    /// Each has a team of its own, an equal share of the threads.
    ///
    /// - Parameter limit: the most that run at the same time.
    public func mapInOrder<Result>(_ count: Int, limit: Int, _ body: (Int, Team) -> Result) -> [Result] {
        let lanes = max(1, min(threads, count, limit))
        let next = Atomic(0)
        var results = [[(index: Int, result: Result)]](repeating: [], count: lanes)
        results.withUnsafeMutableBufferPointer { buffer in
            // Every lane writes a place of its own.
            nonisolated(unsafe) let places = buffer
            team.inParts(lanes) { lane, team in
                while true {
                    let index = next.add(1, ordering: .relaxed).oldValue
                    guard index < count else { return }
                    places[lane].append((index, body(index, team)))
                }
            }
        }
        return results.flatMap { $0 }.sorted { $0.index < $1.index }.map(\.result)
    }

    /// `body` of every index below `count`, in order of the index.
    public func map<Result>(_ count: Int, _ body: (Int) -> Result) -> [Result] {
        team.map(count) { index, _ in body(index) }
    }
}
