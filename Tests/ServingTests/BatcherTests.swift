import Dispatch
import Synchronization
import Testing

@testable import Serving

@Suite struct BatcherTests {
    private struct Trouble: Error {}

    /// What was computed together, and a gate that computing waits at.
    private final class Model: Sendable {
        let batches = Mutex<[[Int]]>([])
        let gate = DispatchSemaphore(value: 0)

        func double(_ rows: [Int]) throws -> [Int] {
            batches.withLock { $0.append(rows) }
            gate.wait()
            guard !rows.contains(13) else { throw Trouble() }
            return rows.map { 2 * $0 }
        }

        func batcher(clients: Int = .max, _ change: (inout Limits) -> Void = { _ in }) -> Batcher<Int, Int> {
            var limits = Limits()
            change(&limits)
            return Batcher(
                limits, on: DispatchQueue(label: "test"), clients: { clients }, weight: { max(1, $0 / 100) }
            ) { try self.double($0) }
        }

        /// Once so many batches have begun.
        func begun(_ count: Int) async throws {
            while batches.withLock({ $0.count < count }) { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    private func waiting(_ batcher: Batcher<Int, Int>, _ count: Int) async throws {
        while batcher.waiting != count { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test func whatWaitsIsComputedTogetherInItsOrder() async throws {
        let model = Model()
        let batcher = model.batcher { $0.batch = 4 }
        async let first = batcher.answers(to: [1])
        try await model.begun(1)
        var tasks: [Task<[Int], any Error>] = []
        for (index, rows) in [[2, 3], [4], [5, 6, 7], [8]].enumerated() {
            tasks.append(Task { try await batcher.answers(to: rows) })
            try await waiting(batcher, [2, 3, 6, 7][index])
        }
        for _ in 0..<3 { model.gate.signal() }
        #expect(try await first == [2])
        var answers: [[Int]] = []
        for task in tasks { answers.append(try await task.value) }
        #expect(answers == [[4, 6], [8], [10, 12, 14], [16]])
        // Never more than the batch; of a request that it cuts in two the rest comes first in the next.
        #expect(model.batches.withLock { $0 } == [[1], [2, 3, 4, 5], [6, 7, 8]])
        #expect(batcher.waiting == 0)
    }

    /// The first waits for those that come right behind it.
    @Test func aPauseBringsRequestsTogether() async throws {
        let model = Model()
        for _ in 0..<9 { model.gate.signal() }
        let batcher = model.batcher { $0.pause = .seconds(10) }
        try await withThrowingTaskGroup(of: [Int].self) { group in
            for row in 0..<8 { group.addTask { try await batcher.answers(to: [row]) } }
            for try await _ in group {}
        }
        // On a busy machine the pause between two may be long.
        #expect(model.batches.withLock { $0.joined().sorted() == Array(0..<8) && $0.count < 8 })
    }

    /// The shortest of many times, since a busy machine makes others long.
    @Test(arguments: [(clients: 1, waits: false), (clients: 2, waits: true)])
    func nobodyWaitsForClientsThatThereAreNot(clients: Int, waits: Bool) async throws {
        let model = Model()
        let batcher = model.batcher(clients: clients)
        var shortest = Duration.seconds(1)
        for _ in 0..<200 {
            model.gate.signal()
            let start = ContinuousClock.now
            #expect(try await batcher.answers(to: [7]) == [14])
            shortest = min(shortest, start.duration(to: .now))
        }
        #expect((shortest >= .milliseconds(1)) == waits, "\(shortest)")
    }

    @Test func aFullQueueRefuses() async throws {
        let model = Model()
        let batcher = model.batcher { $0.queue = 3 }
        async let first = batcher.answers(to: [1])
        try await model.begun(1)
        async let second = batcher.answers(to: [2, 3])
        try await waiting(batcher, 2)
        await #expect(throws: Refusal.queueIsFull(2)) { try await batcher.answers(to: [4, 5]) }
        async let third = batcher.answers(to: [6])
        try await waiting(batcher, 3)
        for _ in 0..<2 { model.gate.signal() }
        #expect(try await first + second + third == [2, 4, 6, 12])
    }

    /// Places are had before there are rows, and left by whoever makes none.
    @Test func placesAreHeldForRowsToCome() async throws {
        let model = Model()
        for _ in 0..<2 { model.gate.signal() }
        let batcher = model.batcher { $0.queue = 3 }
        let places = try batcher.places(for: 2)
        #expect(batcher.waiting == 2)
        #expect(throws: Refusal.queueIsFull(2)) { try batcher.places(for: 2) }
        await #expect(throws: Refusal.queueIsFull(2)) { try await batcher.answers(to: [1, 2]) }
        #expect(try await batcher.answers(to: [3]) == [6])
        #expect(try await batcher.answers(to: [4, 5], in: places) == [8, 10])
        #expect(batcher.waiting == 0)
        do { _ = try batcher.places(for: 3) }
        #expect(batcher.waiting == 0)
    }

    /// Who goes away leaves its place, whether it waits or is computed.
    @Test func whoIsCancelledLeavesTheQueue() async throws {
        let model = Model()
        let batcher = model.batcher { $0.queue = 2 }
        let computed = Task { try await batcher.answers(to: [1]) }
        try await model.begun(1)
        let queued = Task { try await batcher.answers(to: [2, 3]) }
        try await waiting(batcher, 2)
        queued.cancel()
        computed.cancel()
        await #expect(throws: CancellationError.self) { try await queued.value }
        await #expect(throws: CancellationError.self) { try await computed.value }
        #expect(batcher.waiting == 0)
        async let last = batcher.answers(to: [4, 5])
        for _ in 0..<2 { model.gate.signal() }
        #expect(try await last == [8, 10])
        #expect(model.batches.withLock { $0 } == [[1], [4, 5]])
        let before = Task { () -> [Int] in
            while !Task.isCancelled { await Task.yield() }
            return try await batcher.answers(to: [6])
        }
        before.cancel()
        await #expect(throws: CancellationError.self) { try await before.value }
    }

    /// Rows of a hundred weigh one, of a thousand ten.
    @Test func rowsOfMuchWorkTakeTurnsToo() async throws {
        let model = Model()
        let batcher = model.batcher { $0.batch = 4 }
        async let first = batcher.answers(to: [1])
        try await model.begun(1)
        let heavy = Task { try await batcher.answers(to: [200, 300, 1000, 400]) }
        try await waiting(batcher, 4)
        let light = Task { try await batcher.answers(to: [2]) }
        try await waiting(batcher, 5)
        for _ in 0..<5 { model.gate.signal() }
        #expect(try await first == [2])
        #expect(try await light.value == [4])
        #expect(try await heavy.value == [400, 600, 2000, 800])
        #expect(model.batches.withLock { $0 } == [[1], [200, 300], [2, 1000], [400]])
    }

    /// Whoever sends much at once has no more than a turn at a time, and none once it is gone.
    @Test func aLargeRequestTakesTurnsWithTheOthers() async throws {
        let model = Model()
        let batcher = model.batcher { ($0.batch, $0.pause) = (2, .zero) }
        let large = Task { try await batcher.answers(to: [1, 2, 3, 4, 5]) }
        try await model.begun(1)
        let small = Task { try await batcher.answers(to: [6]) }
        try await waiting(batcher, 4)
        model.gate.signal()
        try await model.begun(2)
        // Behind the second piece of the large one.
        let gone = Task { try await batcher.answers(to: [7, 8, 9, 10, 11]) }
        try await waiting(batcher, 7)
        for count in 3...4 {
            model.gate.signal()
            try await model.begun(count)
        }
        gone.cancel()
        await #expect(throws: CancellationError.self) { try await gone.value }
        for _ in 0..<9 { model.gate.signal() }
        #expect(try await large.value == [2, 4, 6, 8, 10])
        #expect(try await small.value == [12])
        #expect(batcher.waiting == 0)
        #expect(model.batches.withLock { $0 } == [[1, 2], [3, 4], [6, 5], [7, 8]])
    }

    @Test func anErrorIsToldToAllOfItsBatchAndTheNextGoesOn() async throws {
        let model = Model()
        for _ in 0..<3 { model.gate.signal() }
        let batcher = model.batcher()
        await #expect(throws: Trouble.self) { try await batcher.answers(to: [12, 13]) }
        #expect(try await batcher.answers(to: [1]) == [2])
        #expect(try await batcher.answers(to: []) == [])
    }
}
