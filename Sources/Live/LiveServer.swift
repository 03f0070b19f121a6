import Http
import Hummingbird

/// A server of the page for this machine alone, at 127.0.0.1.
public struct LiveServer: Sendable {
    private let page: LivePage
    private let port: Int

    private static let host = "127.0.0.1"

    /// - Parameter port: 0 for any that is free.
    public init(_ page: LivePage, port: UInt16) { (self.page, self.port) = (page, Int(port)) }

    /// Serves until the process ends.
    ///
    /// - Parameter ready: hears the address once it answers.
    /// - Throws: `ListeningError` where the port cannot be had.
    public func run(ready: @escaping @Sendable (String) -> Void) throws {
        let router = Router(context: ClientContext.self)
        router.get("/") { [page] request, _ in
            let text = await page.text
            return answer(request, "text/html; charset=utf-8", ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }
        router.get("/events") { [page] request, _ in
            answer(request, "text/event-stream", ResponseBody { try await page.follow(&$0) })
        }
        let application = router.application(at: Self.host, port) { ready("http://\(Self.host):\($0)/") }
        try serve(at: Self.host, port) { try await application.run() }
    }

    /// - Returns: nothing to a page of elsewhere that calls this machine by a name of its own.
    private func answer(_ request: Request, _ type: String, _ body: ResponseBody) -> Response {
        guard request.head.authority.map(isOfThisMachine) == true else { return Response(status: .forbidden) }
        return Response(
            status: .ok,
            headers: [
                .contentType: type, .cacheControl: "no-store",
                .contentSecurityPolicy:
                    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:",
            ], body: body)
    }
}

extension LivePage {
    /// Server-sent events: the parts of the page, then those that have changed, every second (HTML Standard, section 9.2).
    ///
    /// - Throws: once the client has left, which is noticed by a comment now and then where nothing changes.
    fileprivate nonisolated func follow(_ writer: inout any ResponseBodyWriter) async throws {
        var (sent, silence) = ([String: String](), 0)
        while true {
            let parts = await look().filter { sent[$0.id] != $0.html }
            silence += 1
            if !parts.isEmpty || silence >= 15 {
                try await writer.write(ByteBuffer(string: parts.isEmpty ? ":\n\n" : parts.map(\.event).joined()))
                silence = 0
            }
            for part in parts { sent[part.id] = part.html }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

extension LivePage.Part {
    fileprivate var event: String {
        let lines = html.split(omittingEmptySubsequences: false) { $0.isNewline }
        return "event: \(id)\n" + lines.map { "data: \($0)\n" }.joined() + "\n"
    }
}
