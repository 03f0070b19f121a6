import Communication
import Foundation
import Training

/// What the ranks share out of a command that has several runs.
public enum Spread: String, CaseIterable, Sendable {
    /// The steps of every run, and the rows of evaluations.
    case steps
    /// Its runs, each of which is one rank's alone.
    case runs

    /// - Throws: `UsageError` where there are no runs or no ranks to spread, and as `Ranks.check`.
    func check(hasSeveralRuns: Bool, wanted: String) throws {
        guard self == .runs else { return }
        try Ranks.check()
        guard Ranks.all.size > 1 else {
            throw UsageError("--spread runs: this is one process; wanted several ranks, for example of mpirun -np 2")
        }
        guard hasSeveralRuns else { throw UsageError("--spread runs: this is one run; wanted \(wanted)") }
    }

    /// Tells `then`, in the order of the items, what `body` gives of each: after every one of them, or, where the ranks share them out,
    /// after all; the first rank has the first item, the next one the second, and so on. Within a run that is spread already every
    /// process is alone.
    ///
    /// - Throws: what `body` and `then` throw; `TrainingError.interrupted` where any rank was stopped, once all have come to an end.
    func each<Item, Value: Codable>(
        _ items: [Item], _ body: (Item) throws -> Value, then: (Item, Value) throws -> Void
    ) throws {
        let ranks = Ranks.current
        if self == .runs, ranks.size > 1 {
            ranks.remember("the same command goes on")
            let own = try Ranks.alone { try Part(of: items, ranks, body) }
            let parts = try ranks.gather(Array(JSONEncoder().encode(own))).map {
                try JSONDecoder().decode(Part<Value>.self, from: Data($0))
            }
            if let step = parts.compactMap(\.stoppedAt).first { throw TrainingError.interrupted(step: step) }
            for (index, item) in items.enumerated() {
                try then(item, parts[index % ranks.size].values[index / ranks.size])
            }
        } else {
            for item in items { try then(item, body(item)) }
        }
        // What follows may read what the first one wrote.
        ranks.meet()
    }

    /// What came of the items of one rank.
    private struct Part<Value: Codable>: Codable {
        private(set) var values: [Value] = []
        /// The step of the run that was stopped on request.
        private(set) var stoppedAt: Int?

        init<Item>(of items: [Item], _ ranks: any Communicator, _ body: (Item) throws -> Value) throws {
            do {
                for index in stride(from: ranks.rank, to: items.count, by: ranks.size) {
                    values.append(try body(items[index]))
                }
            } catch let error as TrainingError {
                guard case .interrupted(let step) = error else { throw error }
                stoppedAt = step
            }
        }
    }
}
