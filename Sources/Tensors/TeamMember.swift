import CThreads

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A thread that works for teams, one at a time, and waits in between.
final class TeamMember: @unchecked Sendable {
    private let bell: Bell
    private let core: Int?
    private var hasBegun = false
    /// What to do next; nil to end.
    private var task: (team: Team, lane: Int)?

    /// - Parameter core: where it stays; nil leaves that to the system.
    init(core: Int?, staysAwake: Bool) {
        self.core = core
        bell = Bell(staysAwake: staysAwake)
    }

    /// Does the part `lane` of what `team` does.
    func work(for team: Team, lane: Int) {
        task = (team, lane)
        if !hasBegun { begin() }
        bell.ring()
    }

    /// Ends the thread.
    func end() {
        task = nil
        if hasBegun { bell.ring() }
    }

    private func begin() {
        hasBegun = true
        if !Self.start(Unmanaged.passRetained(self).toOpaque()) {
            endProgram("the system has no thread left; use fewer threads")
        }
    }

    private static func start(_ member: UnsafeMutableRawPointer) -> Bool {
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        return pthread_create(&thread, &attributes, { TeamMember.run($0) }, member) == 0
    }

    private static func run(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let pointer else { return nil }
        let member = Unmanaged<TeamMember>.fromOpaque(pointer).takeRetainedValue()
        if let core = member.core { ct_stay_on_core(Int32(core)) }
        while member.doNext() {}
        return nil
    }

    private func doNext() -> Bool {
        bell.wait()
        guard let (team, lane) = task else { return false }
        // Before the team may be done, and its leader gives this thread something new.
        task = nil
        team.work(lane)
        return true
    }
}
