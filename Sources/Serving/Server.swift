import Foundation
import Http
import Hummingbird
import JSON
import Reports
import Synchronization

/// An HTTP server of one checkpoint; TLS is left to a proxy in front.
public struct Server: Sendable {
    private let model: ServedModel
    private let host: String
    private let port: Int
    private let token: String?

    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - token: what clients send as `Authorization: Bearer`; nil for none.
    public init(_ model: ServedModel, host: String, port: Int, token: String? = nil) {
        (self.model, self.host, self.port, self.token) = (model, host, port, token)
    }

    /// The token in a file, without the space around it.
    ///
    /// - Throws: `ServingError` where there is none.
    public static func token(in path: String) throws -> String {
        // Not `contents(atPath:)`, which reads no pipe.
        let data: Data?
        do { data = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).read(upToCount: longestToken + 1) } catch
        {
            throw ServingError("\(path): cannot be read; wanted a file with a token")
        }
        let token = String(decoding: data ?? Data(), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, data?.count ?? 0 <= longestToken, token.utf8.allSatisfy({ (33...126).contains($0) })
        else {
            throw ServingError("\(path): wanted a token of one line, of visible ASCII without spaces")
        }
        return token
    }

    /// Bytes of its file at the most: one without an end is read no further.
    private static let longestToken = 1 << 16

    private static let kept = Mutex<ServedModel?>(nil)

    /// Serves until SIGTERM or SIGINT, and then finishes what runs.
    ///
    /// - Parameters:
    ///   - say: hears where the server is once it takes requests, and at the end how many it answered.
    ///   - warn: hears what of the model is not used, and of errors that are the server's own.
    /// - Throws: `ListeningError` where the address cannot be listened on.
    public func run(
        say: @escaping @Sendable (String) -> Void, warn: @escaping @Sendable (String) -> Void
    ) throws {
        // A task that ends late would free it on a thread of its own, while the process ends and the GPU is closed.
        Self.kept.withLock { $0 = model }
        for note in model.notes { warn("note: \(note)") }
        if token == nil, !isLoopback(host) {
            warn("note: \(host) without --token: whoever reaches it may ask")
        }
        let application = application(report: warn) { [host, model] port in
            say("\(model.name) on http://\(host.contains(":") ? "[\(host)]" : host):\(port)/")
        }
        try serve(at: host, port) { try await application.runService() }
        let cut = model.metrics.truncatedTexts
        say("stopped; requests answered: \(model.metrics.answers)" + (cut > 0 ? "; texts that were cut: \(cut)" : ""))
    }

    /// The server as a value that can be run elsewhere.
    ///
    /// - Parameter began: hears of the port.
    func application(
        report: @escaping @Sendable (String) -> Void, began: @escaping @Sendable (Int) -> Void
    ) -> some ApplicationProtocol {
        router(report).application(
            at: host, port, idle: model.limits.idle, bodies: model.limits.bytes, rest: model.limits.rest,
            delivery: model.limits.time, connections: model.limits.connections, count: model.connections,
            began: began)
    }

    private func router(_ report: @escaping @Sendable (String) -> Void) -> Router<ClientContext> {
        let model = model
        var posts: [(path: String, answer: @Sendable (Request, ClientContext) async throws -> Response)] = []
        if let predictions = model.predictions {
            posts.append(("/predict", { try await model.predict($0, $1, predictions) }))
        }
        if let fillings = model.fillings { posts.append(("/fill", { try await model.fill($0, $1, fillings) })) }
        posts.append(("/embed", { try await model.embed($0, $1) }))
        posts.append(("/v1/embeddings", { try await model.openAIEmbeddings($0, $1) }))
        let open: [(path: String, kind: String, text: String)] = [
            ("/", "text/html; charset=utf-8", Page.text(model, posts.map(\.path), hasToken: token != nil)),
            ("/openapi.json", "application/json", OpenAPI.text(model, posts.map(\.path), hasToken: token != nil)),
            ("/health", "application/json", Self.health(model, posts.map(\.path))),
        ]
        let models = Self.models(model)
        let closed: [(path: String, kind: String, text: @Sendable () -> String)] = [
            (
                "/metrics", "text/plain; version=0.0.4; charset=utf-8",
                { model.metrics.text(waiting: model.waiting) }
            ),
            ("/v1/models", "application/json", { models }),
        ]
        let methods =
            posts.map { ($0.path, [HTTPRequest.Method.post]) }
            + (open.map(\.path) + closed.map(\.path)).map { ($0, [.get, .head]) }

        let router = Router(context: ClientContext.self, options: .autoGenerateHeadEndpoints)
        router.add(
            middleware: Answering(model: model, methods: Dictionary(uniqueKeysWithValues: methods), report: report))
        if token == nil, isLoopback(host) { router.add(middleware: NameCheck()) }
        if token == nil { router.add(middleware: OriginCheck()) }
        for page in open {
            router.get(RouterPath(page.path)) { _, _ in Response.text(page.text, page.kind) }
        }
        let group = router.group()
        if let token { group.add(middleware: TokenCheck(token: token)) }
        for page in closed {
            group.get(RouterPath(page.path)) { _, _ in Response.text(page.text(), page.kind) }
        }
        for post in posts { group.post(RouterPath(post.path)) { try await post.answer($0, $1) } }
        return router
    }

    private static func health(_ model: ServedModel, _ paths: [String]) -> String {
        let answer: JSONValue = [
            "status": "ok", "model": .text(model.title), "endpoints": .list(paths.map(JSONValue.text)),
        ]
        return answer.description
    }

    /// `GET /v1/models` of OpenAI's interface, by which clients offer a choice and try their key: the one there is, made when the
    /// server began.
    private static func models(_ model: ServedModel) -> String {
        let only: JSONValue = [
            "id": .text(model.title), "object": "model", "created": .integer(Int(Date().timeIntervalSince1970)),
            "owned_by": "yoso",
        ]
        let answer: JSONValue = ["object": "list", "data": .list([only])]
        return answer.description
    }
}

extension Response {
    fileprivate static func text(_ text: String, _ kind: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: kind], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Why a server does not begin.
public struct ServingError: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
