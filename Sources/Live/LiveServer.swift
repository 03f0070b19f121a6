import FlyingFox
import FlyingSocks
import Foundation
import Synchronization

/// A server of the page for this machine alone, at 127.0.0.1.
public struct LiveServer: Sendable {
    private let page: LivePage
    private let port: UInt16

    /// - Parameter port: 0 for any that is free.
    public init(_ page: LivePage, port: UInt16) { (self.page, self.port) = (page, port) }

    private final class Failure: Sendable {
        let error = Mutex<(any Error)?>(nil)
    }

    /// Serves until the process ends.
    ///
    /// - Parameter ready: hears the address once it answers.
    /// - Throws: `LiveError` where the port cannot be had.
    public func run(ready: @escaping @Sendable (String) -> Void) throws {
        let (ended, failure) = (DispatchSemaphore(value: 0), Failure())
        Task {
            do { try await serve(ready) } catch { failure.error.withLock { $0 = error } }
            ended.signal()
        }
        ended.wait()
        if let error = failure.error.withLock({ $0 }) { throw error }
    }

    private func serve(_ ready: @Sendable (String) -> Void) async throws {
        let address: sockaddr_in = try .inet(ip4: "127.0.0.1", port: port)
        let server = HTTPServer(address: address, logger: .disabled)
        await server.appendRoute("GET /") { [page] request in
            answer(request, "text/html; charset=utf-8", HTTPBodySequence(data: Data(await page.text.utf8)))
        }
        await server.appendRoute("GET /events") { [page] request in
            answer(request, "text/event-stream", HTTPBodySequence(from: EventStream(page: page)))
        }
        async let running: Void = server.run()
        do {
            try await server.waitUntilListening()
            guard case .ip4(_, let port) = await server.listeningAddress else { throw SocketError.unsupportedAddress }
            ready("http://127.0.0.1:\(port)/")
            try await running
        } catch {
            // What keeps it from listening is known to the server, not to who waits for that.
            do { try await running } catch let error as SocketError { throw LiveError(port: port, error) }
            throw error
        }
    }

    /// - Returns: nothing to a page of elsewhere that calls this machine by a name of its own.
    private func answer(_ request: HTTPRequest, _ type: String, _ body: HTTPBodySequence) -> HTTPResponse {
        let host = request.headers[.host].map { $0.split(separator: ":")[...].first.map(String.init) ?? "" } ?? ""
        guard ["127.0.0.1", "localhost"].contains(host) else { return HTTPResponse(statusCode: .forbidden) }
        return HTTPResponse(
            statusCode: .ok,
            headers: [
                .contentType: type, HTTPHeader("Cache-Control"): "no-store",
                HTTPHeader("Content-Security-Policy"):
                    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:",
            ], body: body)
    }
}

/// Why there is no page.
public struct LiveError: Error, CustomStringConvertible {
    public let description: String

    init(port: UInt16, _ error: SocketError) {
        let reason: String? =
            if case .failed(_, let number, let message) = error {
                number == EADDRINUSE ? "in use" : message.lowercased()
            } else { nil }
        description =
            "port \(port) of 127.0.0.1: \(reason ?? error.localizedDescription); wanted a free one: --port N, or 0 for any"
    }
}
