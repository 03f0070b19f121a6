import Dispatch
import Foundation
import Synchronization

/// The one place where work runs in parallel: independent parts spread over threads.
///
/// What a part computes must depend on its index alone; then a result is the same for any number of threads.
public struct Workers: Sendable {
    public let threads: Int

    /// `threads` threads, or one for each of the cores that this process may use for 0. More than four a core would only wait for
    /// one another, for minutes where a thousand measure the peak.
    public init(threads: Int = 0) {
        let cores = max(1, Int(Cores.available.rounded(.up)))
        self.threads = threads > 0 ? min(threads, 4 * cores) : cores
    }

    /// Calls `body` with every index below `count`, each once, and returns when all are done.
    public func each(_ count: Int, _ body: (Int) -> Void) {
        let lanes = min(threads, count)
        guard lanes > 1 else {
            for index in 0..<count { body(index) }
            return
        }
        withoutActuallyEscaping(body) { body in
            // Dispatch calls it from several threads at once, and returns only when all calls have.
            nonisolated(unsafe) let body = body
            DispatchQueue.concurrentPerform(iterations: lanes) { lane in
                for index in stride(from: lane, to: count, by: lanes) { body(index) }
            }
        }
    }

    /// `body` of every index below `count`, of which the smallest is always begun next: a part may wait for what smaller ones do.
    ///
    /// - Parameter limit: the most that run at the same time.
    public func mapInOrder<Result>(_ count: Int, limit: Int, _ body: (Int) -> Result) -> [Result] {
        let next = Atomic(0)
        return map(min(threads, count, limit)) { _ in
            var results: [(index: Int, result: Result)] = []
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < count else { return results }
                results.append((index, body(index)))
            }
        }.flatMap { $0 }.sorted { $0.index < $1.index }.map(\.result)
    }

    /// `body` of every index below `count`, in order of the index.
    public func map<Result>(_ count: Int, _ body: (Int) -> Result) -> [Result] {
        var results = [Result?](repeating: nil, count: count)
        results.withUnsafeMutableBufferPointer { buffer in
            // Each lane writes slots of its own.
            nonisolated(unsafe) let slots = buffer
            each(count) { slots[$0] = body($0) }
        }
        return results.compactMap { $0 }
    }
}
