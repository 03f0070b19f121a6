import Foundation
import Http
import Hummingbird

/// Makes a response of JSON of whatever is thrown, within the limit of time, and counts it.
struct Answering: RouterMiddleware {
    let model: ServedModel
    /// The methods of every path that there is.
    let methods: [String: [HTTPRequest.Method]]
    /// Hears of errors that are no refusals.
    let report: @Sendable (String) -> Void

    func handle(
        _ request: Request, context: ClientContext,
        next: @concurrent (Request, ClientContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        model.metrics.began()
        var response: Response
        do { response = try await withinTime { try await next(request, context) } } catch {
            response = refusal(error, of: request).response
        }
        if request.method == .head { response = response.createHeadResponse() }
        let path = context.endpointPath.flatMap { methods[$0] == nil ? nil : $0 } ?? "other"
        let time = start.duration(to: .now) / .seconds(1)
        model.metrics.ended(path, status: response.status.code, seconds: time)
        return response
    }

    /// What a task of a group makes, which ends before its maker does.
    private struct Answer: @unchecked Sendable { let make: () async throws -> Response }

    private func withinTime(_ answer: () async throws -> Response) async throws -> Response {
        try await withoutActuallyEscaping(answer) { answer in
            let answer = Answer(make: answer)
            return try await withThrowingTaskGroup(of: Response.self) { group in
                group.addTask { try await answer.make() }
                group.addTask {
                    try await Task.sleep(for: model.limits.time)
                    throw Refusal.late(model.limits.time)
                }
                defer { group.cancelAll() }
                guard let first = try await group.next() else { throw CancellationError() }
                return first
            }
        }
    }

    private static let clientHasGone = HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request")

    private func refusal(_ error: any Error, of request: Request) -> Refusal {
        switch error {
        case let refusal as Refusal: return refusal
        case let error as HTTPError where error.status == .notFound: return notFound(request)
        // No fault of the server's, which nobody reads; nginx counts them so.
        case is ClientHasGone: return Refusal(Self.clientHasGone, "the client has gone")
        case is CancellationError: return Refusal(.serviceUnavailable, "the server is stopping")
        default:
            report("\(request.method) \(request.uri.path): \(error)")
            return Refusal(.internalServerError, "the request could not be answered; the server's log says why")
        }
    }

    private func notFound(_ request: Request) -> Refusal {
        let path = "/" + request.uri.path.split(separator: "/").joined(separator: "/")
        if let reason = model.absence(of: path) { return Refusal(.notFound, "\(path): \(reason)") }
        guard let methods = methods[path]?.map(\.rawValue) else {
            return Refusal(
                .notFound, "\(path): no such endpoint; there are \(self.methods.keys.sorted().joined(separator: ", "))")
        }
        let allowed = methods.joined(separator: ", ")
        return Refusal(.methodNotAllowed, "\(request.method) \(path): wanted \(allowed)", [.allow: allowed])
    }
}

/// Lets those pass who send the token (RFC 6750).
struct TokenCheck: RouterMiddleware {
    let token: String

    func handle(
        _ request: Request, context: ClientContext,
        next: @concurrent (Request, ClientContext) async throws -> Response
    ) async throws -> Response {
        let sent = request.headers[.authorization] ?? ""
        let parts = sent.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", Self.isSame(String(parts[1]), token) else {
            throw Refusal(
                .unauthorized,
                sent.isEmpty ? "no token; wanted the header 'Authorization: Bearer TOKEN'" : "the token is wrong",
                [.wwwAuthenticate: "Bearer"])
        }
        return try await next(request, context)
    }

    /// In a time that does not tell how much of it is right.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        return one.count == other.count && zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Lets no page of elsewhere make the server work: a browser sends a form, and some requests of a script, to whichever server they name,
/// and says from where (Fetch Metadata, section 2.3), in older browsers as the origin alone (Fetch, section 3.2).
struct OriginCheck: RouterMiddleware {
    func handle(
        _ request: Request, context: ClientContext,
        next: @concurrent (Request, ClientContext) async throws -> Response
    ) async throws -> Response {
        let isOwn: Bool =
            if let site = request.headers.first(where: { $0.name.canonicalName == "sec-fetch-site" })?.value {
                ["same-origin", "none"].contains(site)
            } else {
                request.headers[.origin].map { $0.hasSuffix("://" + (request.head.authority ?? "")) } ?? true
            }
        guard isOwn || request.method != .post else {
            throw Refusal(.forbidden, "a page of elsewhere asks; wanted one of this server's, or a server with --token")
        }
        return try await next(request, context)
    }
}

/// Lets those pass who call the server by a name of this machine. Programs of HTTP/1.0 may call it by none; browsers always do.
struct NameCheck: RouterMiddleware {
    func handle(
        _ request: Request, context: ClientContext,
        next: @concurrent (Request, ClientContext) async throws -> Response
    ) async throws -> Response {
        if let name = request.head.authority, !isOfThisMachine(name) {
            throw Refusal(
                .forbidden,
                "'\(name)' is not this machine; wanted localhost or 127.0.0.1 as the host, or a server with --token")
        }
        return try await next(request, context)
    }
}
