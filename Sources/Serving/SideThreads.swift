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
        return try await value { reply in
            self.queue.addOperation {
                if !reply.isDone { reply.end(Result { try work() }) }
            }
        }
    }

    /// An output an input, in their order. Many of them take turns with other requests, and go no further once the task is
    /// cancelled. Between turns the task is not asked, whose thread may be busy.
    ///
    /// - Parameter bytes: of an input.
    /// - Throws: as `run`.
    func map<Input: Sendable, Output: Sendable>(
        _ inputs: [Input], bytes: (Input) -> Int, _ output: @escaping @Sendable (Input) throws -> Output
    ) async throws -> [Output] {
        let sizes = inputs.map(bytes)
        guard sizes.reduce(0, +) > Self.little else { return try inputs.map(output) }
        return try await value { self.goOn(inputs, sizes, [], output, $0) }
    }

    /// Takes a turn at the inputs behind those that have their outputs, and then the next.
    private func goOn<Input: Sendable, Output: Sendable>(
        _ inputs: [Input], _ sizes: [Int], _ outputs: [Output], _ output: @escaping @Sendable (Input) throws -> Output,
        _ reply: PendingReply<[Output]>
    ) {
        queue.addOperation {
            guard !reply.isDone else { return }
            var (outputs, size) = (outputs, 0)
            do {
                while outputs.count < inputs.count, size < Self.turn {
                    size += sizes[outputs.count]
                    outputs.append(try output(inputs[outputs.count]))
                }
            } catch { return reply.end(.failure(error)) }
            if outputs.count < inputs.count {
                self.goOn(inputs, sizes, outputs, output, reply)
            } else {
                reply.end(.success(outputs))
            }
        }
    }

    /// What comes of `begin`, which has it told later.
    private func value<Value: Sendable>(_ begin: (PendingReply<Value>) -> Void) async throws -> Value {
        let reply = PendingReply<Value>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard reply.begin(continuation) else { return continuation.resume(throwing: CancellationError()) }
                begin(reply)
            }
        } onCancel: {
            reply.end(.failure(CancellationError()))
        }
    }
}
