import Foundation

/// Threads beside those of tasks, of which there are no more than cores, and which all requests share: while these read JSON, cut
/// texts into tokens and write vectors, those answer whoever asks for little.
final class SideThreads: Sendable {
    /// What so many bytes ask for is done sooner than it is handed over.
    private static let little = 4096
    /// Bytes of texts between which others have a turn: some milliseconds.
    private static let turn = 16_384

    private let queue = OperationQueue()

    init() { queue.maxConcurrentOperationCount = ProcessInfo.processInfo.activeProcessorCount }

    /// What `work` makes of so many bytes, or so many bytes of.
    ///
    /// - Throws: what `work` throws, and `CancellationError` as soon as the task is cancelled.
    func run<Value: Sendable>(
        on bytes: Int, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        guard bytes > Self.little else { return try work() }
        let reply = PendingReply<Value>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard reply.begin(continuation) else { return continuation.resume(throwing: CancellationError()) }
                queue.addOperation {
                    guard !reply.isDone else { return }
                    reply.end(Result { try work() })
                }
            }
        } onCancel: {
            reply.end(.failure(CancellationError()))
        }
    }

    /// An output an input, in their order. Many of them take turns with other requests, and go no further once the task is
    /// cancelled.
    ///
    /// - Parameter bytes: of an input.
    /// - Throws: as `run`.
    func map<Input: Sendable, Output: Sendable>(
        _ inputs: [Input], bytes: (Input) -> Int, _ output: @escaping @Sendable (Input) throws -> Output
    ) async throws -> [Output] {
        let sizes = inputs.map(bytes)
        let all = sizes.reduce(0, +)
        var outputs: [Output] = []
        while outputs.count < inputs.count {
            let start = outputs.count
            var (end, size) = (start, 0)
            while end < inputs.count, size < Self.turn {
                size += sizes[end]
                end += 1
            }
            let piece = inputs[start..<end]
            outputs += try await run(on: all) { try piece.map(output) }
        }
        return outputs
    }
}
