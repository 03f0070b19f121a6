/// What a server takes at most, and how long.
public struct Limits: Sendable {
    /// Bytes of a request's body.
    var bytes = 4 << 20
    /// Characters (Unicode scalars) of a text.
    var characters = 20_000
    /// Texts of a request.
    var texts = 2048
    /// Texts that wait, over all requests of a kind.
    var queue = 4096
    /// Texts that are computed together; of a request of more so many at a time.
    var batch = 64
    /// How long a text waits for others to be computed with.
    var pause = Duration.milliseconds(5)
    /// From the head of a request to its answer, and from there to its end where the server stops meanwhile.
    var time = Duration.seconds(30)
    /// From an answer to the end of its request's body.
    var rest = Duration.seconds(5)
    /// Connections at the same time; further ones wait to be accepted.
    var connections = 1024
    /// How long a connection may be idle.
    var idle = Duration.seconds(60)

    public init() {}

    /// - Parameter timeout: seconds.
    /// - Throws: `ServingError` where a limit is out of its range.
    public init(queue: Int, timeout: Int) throws {
        guard (1...1_000_000).contains(queue) else { throw ServingError("--queue \(queue): wanted 1 to 1,000,000") }
        guard (1...86_400).contains(timeout) else { throw ServingError("--timeout \(timeout): wanted 1 to 86,400") }
        self.queue = queue
        texts = min(texts, queue)
        time = .seconds(timeout)
    }
}
