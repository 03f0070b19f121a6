import Dispatch
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import Synchronization

extension Router<ClientContext> {
    /// The routes as a server on HTTP/1.1, which logs nothing.
    ///
    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - idle: how long a connection may be idle; nil for as long as it likes.
    ///   - bodies: the most bytes of one.
    ///   - rest: how long what is left of a body may take once its request is answered.
    ///   - delivery: how long an answer may take to be read once its connection is to close.
    ///   - connections: those at the same time, or fewer where the process may not have so many files open; further ones wait to be
    ///     accepted.
    ///   - count: counts them.
    ///   - began: hears of the port.
    public func application(
        at host: String, _ port: Int, idle: Duration? = nil, bodies: Int = 0, rest: Duration = .seconds(5),
        delivery: Duration = .seconds(5), connections: Int = 1024, count: ConnectionCount? = nil,
        began: @escaping @Sendable (_ port: Int) -> Void
    ) -> Application<RouterResponder<ClientContext>> {
        Application(
            router: self,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [
                        Courtesies.Inserter(
                            Courtesies(limit: bodies, rest: .init(rest)), Delivery(patience: .init(delivery))),
                        Presence(among: count),
                    ],
                    idleTimeout: idle.map { .init($0) }
                )),
            configuration: .init(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(OpenFiles.connections(atMost: connections))),
            onServerRunning: { began($0.localAddress?.port ?? 0) },
            logger: Logger(label: "yoso") { _ in SwiftLogNoOpLogHandler() })
    }
}

/// Waits for a server of an address, which works in tasks, to end.
///
/// - Throws: `ListeningError` where the address cannot be listened on.
public func serve(
    at host: String, _ port: Int, _ server: @escaping @Sendable () async throws -> Void
) throws(ListeningError) {
    let ended = DispatchSemaphore(value: 0)
    let outcome = Mutex<(any Error)?>(nil)
    Task {
        do { try await server() } catch { outcome.withLock { $0 = error } }
        ended.signal()
    }
    ended.wait()
    if let error = outcome.withLock({ $0 }) { throw ListeningError(host, port, error) }
}

/// Why a server does not begin.
public struct ListeningError: Error, Equatable, CustomStringConvertible {
    public let description: String

    /// What the system says of an address, without the function that was called: `bind(…): Address already in use (errno: 98)`.
    init(_ host: String, _ port: Int, _ error: any Error) {
        let text = "\(error)"
        let reason =
            text.firstMatch(of: /: ([^:()]*)\)? \(errno:/).map { String($0.1) }
            ?? (text.contains("UnknownHost")
                ? "no such host; wanted an address of this machine, such as 127.0.0.1" : text)
        let isOfPort = [EADDRINUSE, EACCES].contains { text.contains("(errno: \($0))") }
        description =
            "\(host):\(port): cannot be listened on: \(reason)"
            + (isOfPort ? "; wanted a free port: --port N, or 0 for any" : "")
    }
}
