import Synchronization

/// What a task waits for, told once: by who computes it, or by who cancels it.
final class PendingReply<Value: Sendable>: Sendable {
    private enum Stage {
        case new
        case waiting(CheckedContinuation<Value, any Error>)
        case done
    }

    private let stage = Mutex(Stage.new)

    /// Whether nobody waits for it any more.
    var isDone: Bool {
        stage.withLock { stage in
            if case .done = stage { true } else { false }
        }
    }

    /// False where it has ended before it began.
    func begin(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
        stage.withLock { stage in
            guard case .new = stage else { return false }
            stage = .waiting(continuation)
            return true
        }
    }

    func end(_ result: Result<Value, any Error>) {
        let waiting = stage.withLock { stage in
            defer { stage = .done }
            return stage
        }
        if case .waiting(let continuation) = waiting { continuation.resume(with: result) }
    }
}
