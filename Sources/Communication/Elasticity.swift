import Synchronization

/// Whether ranks go on without one that is gone, and whether one is.
final class Elasticity: Sendable {
    private let state: Mutex<(isOn: Bool, isBroken: Bool)>

    init(isOn: Bool) { state = Mutex((isOn, false)) }

    var isOn: Bool { state.withLock { $0.isOn } }
    var isBroken: Bool { state.withLock { $0.isBroken } }

    func begin() { state.withLock { $0.isOn = true } }

    /// Notes that one is gone, if ranks may be, and returns whether they may.
    ///
    /// - Parameter tell: lets all know of it, who may wait for ranks that are there.
    func note(_ tell: () -> Void) -> Bool {
        let (isOn, isNew) = state.withLock { state in
            defer { state.isBroken = state.isOn }
            return (state.isOn, !state.isBroken)
        }
        if isOn, isNew { tell() }
        return isOn
    }
}

/// A rank is gone, and what was computed since is void.
public struct RankGone: Error, CustomStringConvertible {
    public let description = "a rank is gone"
}

/// Why ranks cannot go on without one that is gone.
public struct NotElastic: Error, CustomStringConvertible {
    let problem, wanted: String

    public var description: String { "--elastic: \(problem); wanted \(wanted)" }
}

extension Ranks {
    /// What `body` gives; where ranks are gone meanwhile, once more by those that are left, as long as there are any.
    ///
    /// - Parameter tell: hears who is gone.
    /// - Throws: what `body` throws, and `NotElastic`.
    public static func outliving<Result>(_ tell: (String) -> Void, _ body: () throws -> Result) throws -> Result {
        try all.outlive()
        while true {
            do {
                let result = try body()
                try all.check()
                return result
            } catch {
                guard let (ranks, gone) = all.left() else { throw error }
                replace(ranks)
                tell("gone: \(gone); ranks that go on: \(ranks.size)")
            }
        }
    }
}
