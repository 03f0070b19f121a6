import Foundation
import Http
import Hummingbird
import Synchronization
import Testing

@testable import Serving

/// What clients and the server's log hear of errors that are no client's, and what becomes of connections.
@Suite struct ServerErrorTests {
    private struct Broken: Error, CustomStringConvertible { let description = "the disk is gone" }

    @Test func theServersOwnErrorsAreItsLogs() async throws {
        let log = Mutex<[String]>([])
        let model = try Fixture.pretraining.model()
        let router = Router(context: ClientContext.self)
        router.add(
            middleware: Answering(
                model: model, methods: ["/broken": [.get], "/stopping": [.get]],
                report: { line in log.withLock { $0.append(line) } }))
        router.get("broken") { _, _ -> Response in throw Broken() }
        router.get("stopping") { _, _ -> Response in throw CancellationError() }
        try await Client.with({ router.application(at: "127.0.0.1", 0, began: $0) }) { client in
            let broken = try await client.get("/broken?text=private")
            #expect(broken.status == 500)
            #expect(broken.message == "the request could not be answered; the server's log says why")
            let stopping = try await client.get("/stopping")
            #expect(stopping.status == 503 && stopping.message == "the server is stopping")
        }
        #expect(log.withLock { $0 } == ["GET /broken: the disk is gone"])
        #expect(model.metrics.answers == 2)
    }

    /// One that is kept and asks nothing more.
    @Test func idleConnectionsEnd() async throws {
        try await Client.with(Fixture.pretraining.model { $0.idle = .milliseconds(300) }) { client in
            let reply = try await client.send(Array("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            #expect(reply.status == 200)
        }
    }

    @Test func connectionsAreCounted() async throws {
        let model = try Fixture.pretraining.model { $0.connections = 1 }
        try await Client.with(model) { client in
            let isOver = Mutex(false)
            let kept = Array("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
            async let first: Void = client.send(kept, leavingOnce: { isOver.withLock { $0 } })
            while model.metrics.answers == 0 { try await Task.sleep(for: .milliseconds(1)) }
            async let second = client.get("/health")
            try await Task.sleep(for: .milliseconds(300))
            #expect(model.metrics.answers == 1)
            isOver.withLock { $0 = true }
            try await first
            #expect(try await second.status == 200)
            #expect(model.metrics.answers == 2)
        }
    }
}
