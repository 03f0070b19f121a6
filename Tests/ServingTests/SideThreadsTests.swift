import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Serving

@Suite struct SideThreadsTests {
    /// However much work there is, tasks go on, and who is cancelled waits for no turn.
    @Test func workLeavesTheThreadsOfTasksAlone() async throws {
        let (threads, gate) = (SideThreads(), DispatchSemaphore(value: 0))
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let works = (0..<2 * cores).map { index in
            Task {
                try await threads.run(on: 1 << 20) {
                    gate.wait()
                    return index
                }
            }
        }
        #expect(try await threads.run(on: 10) { 5 } == 5)
        let late = Task { try await threads.run(on: 1 << 20) { 6 } }
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
        for _ in works { gate.signal() }
        for (index, work) in works.enumerated() { #expect(try await work.value == index) }
    }

    /// 16,384 bytes at a time.
    @Test func manyTextsTakeTurns() async throws {
        let threads = SideThreads()
        let done = Mutex<[Int]>([])
        let rows = Array(0..<10)
        #expect(try await threads.map(rows, bytes: { _ in 8192 }, { 2 * $0 }) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
        #expect(try await threads.map([Int](), bytes: { $0 }, { $0 }) == [])
        let (ready, began) = (DispatchSemaphore(value: 0), AsyncStream<Void>.makeStream())
        let work = Task {
            try await threads.map(rows, bytes: { _ in 8192 }) { row in
                done.withLock { $0.append(row) }
                if row == 2 {
                    began.continuation.yield()
                    ready.wait()
                }
                return row
            }
        }
        for await _ in began.stream { break }
        work.cancel()
        ready.signal()
        await #expect(throws: CancellationError.self) { try await work.value }
        await #expect(throws: Refusal.invalid("3")) {
            try await threads.map(rows, bytes: { _ in 8192 }) { if $0 == 3 { throw Refusal.invalid("3") } }
        }
        #expect(try await threads.run(on: 1 << 20) { 7 } == 7)
        #expect(done.withLock { Set($0).isSubset(of: [0, 1, 2, 3]) })
    }
}
