import Synchronization

/// Threads that do one thing together: the one that asks, and others that wait for it.
///
/// Work is cut by rows, heads or columns of a result, never along a sum, and what a part computes does not depend on where it
/// is cut; so a result has the same bits for any number of threads. A team has one leader at a time. What a part asks of its
/// own team, the thread of that part does alone: a product is cut over the team where a pass computes it, and is one call where
/// heads are what is cut. A team of one is a plain loop.
///
/// The threads begin with the first work and end with the team.
public final class Team: @unchecked Sendable {
    /// Threads, the one that asks among them.
    public let size: Int
    /// Memory for every other thread, since a pool belongs to one at a time.
    private let pools: [StoragePool]
    private let members: [TeamMember]
    /// Whether the members end with this team: those of a part of it go on.
    private let owns: Bool
    private var parts: [Int: [Team]] = [:]

    private let isAtWork = Atomic(false)
    private let atWork = Atomic(0)
    private let allAreDone: Bell
    private var body: ((Int) -> Void)?

    /// The one thread that asks.
    public static let alone = Team(members: [], owns: false, staysAwake: false)

    /// - Parameters:
    ///   - size: threads.
    ///   - cores: where every thread but the one that asks stays; nil leaves that to the system.
    ///   - staysAwake: whether who waits does so awake for a moment: only where every thread has a core.
    public convenience init(_ size: Int, cores: [Int]? = nil, staysAwake: Bool) {
        let members = (1..<max(1, size)).map { index in
            TeamMember(core: cores.flatMap { index < $0.count ? $0[index] : nil }, staysAwake: staysAwake)
        }
        self.init(members: members, owns: true, staysAwake: staysAwake)
    }

    private init(members: [TeamMember], owns: Bool, staysAwake: Bool) {
        size = members.count + 1
        self.members = members
        self.owns = owns
        pools = members.map { _ in StoragePool() }
        allAreDone = Bell(staysAwake: staysAwake)
        self.staysAwake = staysAwake
    }

    private let staysAwake: Bool

    deinit {
        if owns { for member in members { member.end() } }
    }

    /// Bytes held from the system and blocks asked for, over the memory of all members and parts.
    public var allocated: (bytes: Int, blocks: Int) {
        parts.values.joined().reduce(
            (pools.reduce(0) { $0 + $1.allocatedBytes }, pools.reduce(0) { $0 + $1.allocatedBlocks })
        ) { sum, part in
            let own = part.allocated
            return (sum.0 + own.bytes, sum.1 + own.blocks)
        }
    }

    /// The memory of thread `lane`; of the one that asks it is `first`.
    func pool(of lane: Int, first: StoragePool) -> StoragePool { lane == 0 ? first : pools[lane - 1] }

    /// Calls `body` with every index below `count`, each once, on the thread `lane` of the team: index i on i modulo the size,
    /// so that a repeated step takes the same memory.
    public func each(_ count: Int, _ body: (_ index: Int, _ lane: Int) -> Void) {
        let lanes = min(size, count)
        together(lanes) { lane in
            for index in stride(from: lane, to: count, by: lanes) { body(index, lane) }
        }
    }

    /// `body` of every index below `count`, in order of the index.
    public func map<Result>(_ count: Int, _ body: (_ index: Int, _ lane: Int) -> Result) -> [Result] {
        var results = [Result?](repeating: nil, count: count)
        results.withUnsafeMutableBufferPointer { buffer in
            // Every thread writes places of its own.
            nonisolated(unsafe) let places = buffer
            each(count) { index, lane in places[index] = body(index, lane) }
        }
        return results.compactMap { $0 }
    }

    /// Calls `body` with ranges that make up `0 ..< count`, one a thread at the most, which begin at multiples of `unit`; fewer
    /// where there is too little to do for all.
    ///
    /// - Parameter weight: elements that one of `count` stands for.
    public func cut(_ count: Int, weighing weight: Int, at unit: Int = 1, _ body: (Range<Int>) -> Void) {
        cut(count, weighing: weight, at: unit) { range, _ in body(range) }
    }

    /// The same with the thread that a range is on.
    func cut(_ count: Int, weighing weight: Int, at unit: Int = 1, _ body: (Range<Int>, _ lane: Int) -> Void) {
        let least = max(1, Self.leastElements / max(1, weight * unit))
        let units = (count + unit - 1) / unit
        let lanes = max(1, min(size, units / least))
        together(lanes) { lane in
            let range = (lane * units / lanes * unit)..<min(count, (lane + 1) * units / lanes * unit)
            if lanes == 1 || !range.isEmpty { body(range, lane) }
        }
    }

    /// What takes about as long as it takes to wake the others for it.
    private static let leastElements = 1 << 13

    /// Calls `body` with every lane below `lanes`, on as many threads of the team at the same time.
    func together(_ lanes: Int, _ body: (_ lane: Int) -> Void) {
        guard lanes > 1, !isAtWork.exchange(true, ordering: .acquiring) else {
            for lane in 0..<lanes { body(lane) }
            return
        }
        withoutActuallyEscaping(body) { body in
            self.body = body
            atWork.store(lanes - 1, ordering: .releasing)
            for lane in 1..<lanes { members[lane - 1].work(for: self, lane: lane) }
            body(0)
            allAreDone.wait()
            self.body = nil
        }
        isAtWork.store(false, ordering: .releasing)
    }

    /// What a member does.
    func work(_ lane: Int) {
        body?(lane)
        if atWork.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { allAreDone.ring() }
    }

    /// Calls `body` at the same time on `count` parts of the team, as equal as can be, each led by a thread of its own.
    ///
    /// - Precondition: `count` is at most the size.
    public func inParts(_ count: Int, _ body: (_ part: Int, _ team: Team) -> Void) {
        guard count > 1 else { return body(0, self) }
        let teams = parts(count)
        guard !isAtWork.exchange(true, ordering: .acquiring) else {
            for (part, team) in teams.enumerated() { body(part, team) }
            return
        }
        withoutActuallyEscaping(body) { body in
            self.body = { body($0, teams[$0]) }
            atWork.store(count - 1, ordering: .releasing)
            for part in 1..<count { members[part * size / count - 1].work(for: self, lane: part) }
            body(0, teams[0])
            allAreDone.wait()
            self.body = nil
        }
        isAtWork.store(false, ordering: .releasing)
    }

    /// Part p has the threads from p · size / count on: its leader is the first of them.
    private func parts(_ count: Int) -> [Team] {
        if let parts = parts[count] { return parts }
        let teams = (0..<count).map { part in
            let (first, end) = (part * size / count, (part + 1) * size / count)
            return Team(members: Array(members[first..<end - 1]), owns: false, staysAwake: staysAwake)
        }
        parts[count] = teams
        return teams
    }
}
