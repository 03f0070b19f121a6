import Dispatch
import Foundation
import Synchronization

/// Answers rows of many requests together, in the order in which they came: those that wait when the one before is done, and
/// of an idle server those that come without a pause of a millisecond, for as long as the limits let them wait.
final class Batcher<Row: Sendable, Answer: Sendable>: Sendable {
    private let limits: Limits
    private let queue: DispatchQueue
    private let compute: @Sendable ([Row]) throws -> [Answer]
    private let observe: @Sendable (_ rows: Int) -> Void
    private let state = Mutex(State())

    private struct State {
        var waiting: [Entry] = []
        var rows = 0
        /// Whether somebody will look at what waits.
        var isScheduled = false
    }

    /// - Parameters:
    ///   - queue: a serial one, on which `compute` has the model for itself.
    ///   - compute: an answer a row, in their order.
    ///   - observe: hears how many rows are computed together.
    init(
        _ limits: Limits, on queue: DispatchQueue, observe: @escaping @Sendable (_ rows: Int) -> Void = { _ in },
        compute: @escaping @Sendable ([Row]) throws -> [Answer]
    ) {
        (self.limits, self.queue, self.compute, self.observe) = (limits, queue, compute, observe)
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
            state.waiting.append(entry)
            state.rows += entry.rows.count
            defer { state.isScheduled = true }
            return state.isScheduled ? nil : state.rows
        }
        if let first { lookLater(first) }
    }

    private func remove(_ entry: Entry) {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0 === entry }) else { return }
            state.waiting.remove(at: index)
            state.rows -= entry.rows.count
        }
    }

    private func lookLater(_ known: Int) {
        queue.asyncAfter(deadline: .now() + .milliseconds(1)) { self.look(known) }
    }

    /// Computes what waits, unless more may come: `known` rows waited when it was last looked.
    private func look(_ known: Int) {
        let (rows, age) = state.withLock { state in
            (state.rows, state.waiting.first.map { $0.arrival.duration(to: .now) } ?? limits.pause)
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

    private func take() -> [Entry] {
        state.withLock { state in
            var (count, rows) = (0, 0)
            while count < state.waiting.count, rows < limits.batch {
                rows += state.waiting[count].rows.count
                count += 1
            }
            defer { state.waiting.removeFirst(count) }
            state.rows -= rows
            return Array(state.waiting[..<count])
        }
    }

    private func work(_ entries: [Entry]) {
        let rows = entries.flatMap(\.rows)
        guard !rows.isEmpty else { return }
        observe(rows.count)
        do {
            var answers = try compute(rows)[...]
            for entry in entries {
                entry.end(.success(Array(answers.prefix(entry.rows.count))))
                answers = answers.dropFirst(entry.rows.count)
            }
        } catch {
            for entry in entries { entry.end(.failure(error)) }
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

        init(_ rows: [Row]) { self.rows = rows }

        /// False where it has ended before it began.
        func begin(_ continuation: CheckedContinuation<[Answer], any Error>) -> Bool {
            stage.withLock { stage in
                guard case .new = stage else { return false }
                stage = .waiting(continuation)
                return true
            }
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
