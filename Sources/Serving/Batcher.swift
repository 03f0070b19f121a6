import Dispatch
import Foundation
import Synchronization

/// Answers rows of many requests together, in the order in which they came: those that wait when the one before is done, and
/// of an idle server those that come without a pause of a millisecond, for as long as the limits let them wait. A request of
/// more work than is done together takes turns with the others, and is computed no further once nobody waits for it.
final class Batcher<Row: Sendable, Answer: Sendable>: Sendable {
    private let limits: Limits
    private let queue: DispatchQueue
    private let compute: @Sendable ([Row]) throws -> [Answer]
    private let observe: @Sendable (_ rows: Int) -> Void
    private let weight: @Sendable (Row) -> Int
    private let state = Mutex(State())

    private struct State {
        var waiting: [Waiting] = []
        var rows = 0
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
    ///   - weight: as many times the work of an ordinary row, at least 1.
    init(
        _ limits: Limits, on queue: DispatchQueue, observe: @escaping @Sendable (_ rows: Int) -> Void = { _ in },
        weight: @escaping @Sendable (Row) -> Int = { _ in 1 }, compute: @escaping @Sendable ([Row]) throws -> [Answer]
    ) {
        (self.limits, self.queue, self.compute) = (limits, queue, compute)
        (self.observe, self.weight) = (observe, weight)
    }

    /// Rows that wait.
    var waiting: Int { state.withLock(\.rows) }

    /// Answers of the rows of one request.
    ///
    /// - Throws: `Refusal` where too many wait, `CancellationError` once the task is cancelled, and what computing throws.
    func answers(to rows: [Row]) async throws -> [Answer] {
        guard !rows.isEmpty else { return [] }
        let entry = Entry(rows)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard entry.begin(continuation) else { return continuation.resume(throwing: CancellationError()) }
                do { try add(entry) } catch { entry.end(.failure(error)) }
            }
        } onCancel: {
            remove(entry)
            entry.end(.failure(CancellationError()))
        }
    }

    private func add(_ entry: Entry) throws {
        let first: Int? = try state.withLock { state in
            guard state.rows + entry.rows.count <= limits.queue else { throw Refusal.queueIsFull(state.rows) }
            state.waiting.append(Waiting(entry: entry, rows: entry.rows[...]))
            state.rows += entry.rows.count
            defer { state.isScheduled = true }
            return state.isScheduled ? nil : state.rows
        }
        if let first { lookLater(first) }
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

    /// How many rows of a request are computed together, one at least, and their work.
    private func part(of rows: ArraySlice<Row>) -> (count: Int, work: Int) {
        var (count, work) = (0, 0)
        for row in rows {
            guard work < limits.batch else { break }
            work += weight(row)
            count += 1
        }
        return (count, work)
    }

    /// Whether other requests come between the rows of one.
    func takesTurns(_ rows: [Row]) -> Bool { part(of: rows[...]).count < rows.count }

    /// What is computed next; of a request of too much work the rest waits behind the others.
    private func take() -> [Waiting] {
        state.withLock { state in
            var (taken, rests) = ([Waiting](), [Waiting]())
            var work = 0
            while let next = state.waiting.first, work < limits.batch {
                state.waiting.removeFirst()
                let part = part(of: next.rows)
                taken.append(Waiting(entry: next.entry, rows: next.rows.prefix(part.count)))
                let rest = next.rows.dropFirst(part.count)
                if !rest.isEmpty { rests.append(Waiting(entry: next.entry, rows: rest)) }
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
                piece.entry.end(.failure(error))
            }
        }
    }

    /// The rows of one request, and who waits for their answers: told once.
    private final class Entry: Sendable {
        private enum Stage {
            case new
            case waiting(CheckedContinuation<[Answer], any Error>)
            case done
        }

        let rows: [Row]
        let arrival = ContinuousClock.now
        private let stage = Mutex(Stage.new)
        private let answers = Mutex<[Answer]>([])

        init(_ rows: [Row]) { self.rows = rows }

        /// False where it has ended before it began.
        func begin(_ continuation: CheckedContinuation<[Answer], any Error>) -> Bool {
            stage.withLock { stage in
                guard case .new = stage else { return false }
                stage = .waiting(continuation)
                return true
            }
        }

        /// The next answers; the last ones end it.
        func add(_ more: ArraySlice<Answer>) {
            let all = answers.withLock { answers in
                answers += more
                return answers.count == rows.count ? answers : nil
            }
            if let all { end(.success(all)) }
        }

        func end(_ result: Result<[Answer], any Error>) {
            let waiting = stage.withLock { stage in
                defer { stage = .done }
                return stage
            }
            if case .waiting(let continuation) = waiting { continuation.resume(with: result) }
        }
    }
}
