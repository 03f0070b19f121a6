import Dispatch
import Foundation
import Synchronization

/// Answers rows of many requests together, in the order in which they came: those that wait when the one before is done, and
/// of an idle server those that come without a pause of a millisecond, for as long as the limits let them wait; where every client
/// waits for an answer already, none is waited for. A request of more work than is done together takes turns with the others, and
/// is computed no further once nobody waits for it.
final class Batcher<Row: Sendable, Answer: Sendable>: Sendable {
    private let limits: Limits
    private let queue: DispatchQueue
    private let compute: @Sendable ([Row]) throws -> [Answer]
    private let observe: @Sendable (_ rows: Int) -> Void
    private let weight: @Sendable (Row) -> Int
    private let clients: @Sendable () -> Int
    private let state = Mutex(State())

    private struct State {
        var waiting: [Waiting] = []
        var rows = 0
        /// Places of rows that are yet to come.
        var held = 0
        /// Whether somebody will look at what waits.
        var isScheduled = false
    }

    /// Rows of a request that are to be computed.
    private struct Waiting {
        let entry: Entry
        let rows: ArraySlice<Row>
    }

    /// - Parameters:
    ///   - queue: a serial one, on which `compute` has the model for itself.
    ///   - compute: an answer a row, in their order.
    ///   - observe: hears how many rows are computed together.
    ///   - clients: as many as may ask.
    ///   - weight: as many times the work of an ordinary row, at least 1.
    init(
        _ limits: Limits, on queue: DispatchQueue, observe: @escaping @Sendable (_ rows: Int) -> Void = { _ in },
        clients: @escaping @Sendable () -> Int = { .max }, weight: @escaping @Sendable (Row) -> Int = { _ in 1 },
        compute: @escaping @Sendable ([Row]) throws -> [Answer]
    ) {
        (self.limits, self.queue, self.compute) = (limits, queue, compute)
        (self.observe, self.clients, self.weight) = (observe, clients, weight)
    }

    /// Rows that wait, those whose places are held among them.
    var waiting: Int { state.withLock { $0.rows + $0.held } }

    /// Places of rows that are yet to be made, held until they come, or whoever holds them lets go.
    final class Places: Sendable {
        private let count: Mutex<Int>
        private let free: @Sendable (Int) -> Void

        fileprivate init(_ count: Int, free: @escaping @Sendable (Int) -> Void) {
            self.count = Mutex(count)
            self.free = free
        }

        deinit { leave() }

        /// Makes room for whoever comes next.
        fileprivate func leave() {
            let held = count.withLock { count in
                defer { count = 0 }
                return count
            }
            if held > 0 { free(held) }
        }
    }

    /// Places of so many rows, had before anybody works to make them.
    ///
    /// - Throws: `Refusal` where too many wait.
    func places(for count: Int) throws -> Places {
        try state.withLock { state in
            try check(state, count)
            state.held += count
        }
        return Places(count) { count in self.state.withLock { $0.held -= count } }
    }

    private func check(_ state: State, _ count: Int) throws {
        let waiting = state.rows + state.held
        guard waiting + count <= limits.queue else { throw Refusal.queueIsFull(waiting) }
    }

    /// Answers of the rows of one request.
    ///
    /// - Parameter places: theirs, as many; nil where they are yet to be had.
    /// - Throws: `Refusal` where too many wait, `CancellationError` once the task is cancelled, and what computing throws.
    func answers(to rows: [Row], in places: Places? = nil) async throws -> [Answer] {
        guard !rows.isEmpty else { return [] }
        let entry = Entry(rows)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard entry.reply.begin(continuation) else {
                    return continuation.resume(throwing: CancellationError())
                }
                do { try add(entry, in: places) } catch { entry.reply.end(.failure(error)) }
            }
        } onCancel: {
            remove(entry)
            entry.reply.end(.failure(CancellationError()))
        }
    }

    private func add(_ entry: Entry, in places: Places?) throws {
        let first: (rows: Int, requests: Int)? = try state.withLock { state in
            if places == nil { try check(state, entry.rows.count) }
            state.waiting.append(Waiting(entry: entry, rows: entry.rows[...]))
            state.rows += entry.rows.count
            defer { state.isScheduled = true }
            return state.isScheduled ? nil : (state.rows, state.waiting.count)
        }
        places?.leave()
        // Who was cancelled just before was not there to be removed.
        if entry.reply.isDone { remove(entry) }
        guard let first else { return }
        if first.requests >= clients() { queue.async { self.look(first.rows) } } else { lookLater(first.rows) }
    }

    private func remove(_ entry: Entry) {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.entry === entry }) else { return }
            state.rows -= state.waiting.remove(at: index).rows.count
        }
    }

    private func lookLater(_ known: Int) {
        queue.asyncAfter(deadline: .now() + .milliseconds(1)) { self.look(known) }
    }

    /// Computes what waits, unless more may come: `known` rows waited when it was last looked.
    private func look(_ known: Int) {
        let (rows, age) = state.withLock { state in
            (state.rows, state.waiting.first.map { $0.entry.arrival.duration(to: .now) } ?? limits.pause)
        }
        guard rows == known || rows >= limits.batch || age >= limits.pause else { return lookLater(rows) }
        work(take())
        let rest = state.withLock { state in
            state.isScheduled = !state.waiting.isEmpty
            return state.rows
        }
        // Behind what waits for the models of other kinds.
        if rest > 0 { queue.async { self.look(0) } }
    }

    /// How many rows of a request fill what is left of a batch, and their work, which is more where the last weighs more than one.
    private func part(of rows: ArraySlice<Row>, upTo left: Int) -> (count: Int, work: Int) {
        var (count, work) = (0, 0)
        for row in rows {
            guard work < left else { break }
            work += weight(row)
            count += 1
        }
        return (count, work)
    }

    /// Whether other requests come between the rows of one.
    func takesTurns(_ rows: [Row]) -> Bool { part(of: rows[...], upTo: limits.batch).count < rows.count }

    /// What is computed next. Of a request of too much work the rest waits behind the others, and in front of them where the last
    /// place was too small for its turn.
    private func take() -> [Waiting] {
        state.withLock { state in
            var (taken, rests) = ([Waiting](), [Waiting]())
            var work = 0
            while let next = state.waiting.first, work < limits.batch {
                state.waiting.removeFirst()
                let part = part(of: next.rows, upTo: limits.batch - work)
                taken.append(Waiting(entry: next.entry, rows: next.rows.prefix(part.count)))
                let rest = next.rows.dropFirst(part.count)
                if !rest.isEmpty {
                    let rest = Waiting(entry: next.entry, rows: rest)
                    if taken.count > 1 { state.waiting.insert(rest, at: 0) } else { rests.append(rest) }
                }
                work += part.work
                state.rows -= part.count
            }
            state.waiting += rests
            return taken
        }
    }

    private func work(_ pieces: [Waiting]) {
        let rows = pieces.flatMap(\.rows)
        guard !rows.isEmpty else { return }
        observe(rows.count)
        do {
            var answers = try compute(rows)[...]
            for piece in pieces {
                piece.entry.add(answers.prefix(piece.rows.count))
                answers = answers.dropFirst(piece.rows.count)
            }
        } catch {
            for piece in pieces {
                remove(piece.entry)
                piece.entry.reply.end(.failure(error))
            }
        }
    }

    /// The rows of one request, and who waits for their answers.
    private final class Entry: Sendable {
        let rows: [Row]
        let arrival = ContinuousClock.now
        let reply = PendingReply<[Answer]>()
        private let answers = Mutex<[Answer]>([])

        init(_ rows: [Row]) { self.rows = rows }

        /// The next answers; the last ones end it.
        func add(_ more: ArraySlice<Answer>) {
            let all = answers.withLock { answers in
                answers += more
                return answers.count == rows.count ? answers : nil
            }
            if let all { reply.end(.success(all)) }
        }
    }
}
