import Hummingbird
import NIOCore
import Synchronization

/// What a request comes with: what every one has, and whether its client is still there.
public struct ClientContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Does what takes long, and cancels it once the client goes: closes the connection, or the half of it that it sends on.
    ///
    /// - Throws: what `work` throws, `ClientHasGone` where it was cancelled for that, and `CancellationError` where its task was.
    public func whileClientIsThere<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task { try await work() }
        defer { task.cancel() }
        let hasGone = Atomic(false)
        @Sendable func leave() {
            hasGone.store(true, ordering: .relaxed)
            task.cancel()
        }
        await presence {
            guard let presence = $0 else { return leave() }
            presence.leaving = { leave() }
        }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        await presence { $0?.leaving = nil }
        do { return try result.get() } catch is CancellationError where hasGone.load(ordering: .relaxed) {
            throw ClientHasGone()
        }
    }

    /// On the connection's own thread; nil where the connection has ended.
    private func presence(_ body: @escaping @Sendable (Presence?) -> Void) async {
        let channel = channel
        _ = try? await channel.eventLoop.submit {
            body(try? channel.pipeline.syncOperations.handler(type: Presence.self))
        }.get()
    }
}

/// Why there is no answer that nobody waits for.
public struct ClientHasGone: Error {}

/// How many clients a server has, whether they ask for anything or not.
public final class ConnectionCount: Sendable {
    private let count = Atomic(0)

    public init() {}

    public var now: Int { count.load(ordering: .relaxed) }

    fileprivate func change(by difference: Int) { count.add(difference, ordering: .relaxed) }
}

/// Knows whether the client of a connection is there.
final class Presence: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let connections: ConnectionCount?
    private var isGone = false

    /// - Parameter connections: counts it while it has this handler, and until it goes.
    init(among connections: ConnectionCount?) { self.connections = connections }

    /// Called once it goes, at once where it has gone.
    var leaving: (() -> Void)? {
        didSet { if isGone { leaving?() } }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { leave() }
        context.fireUserInboundEventTriggered(event)
    }

    // A connection that ends before it works is never inactive, and one that never has a handler does not count.
    func handlerAdded(context: ChannelHandlerContext) { connections?.change(by: 1) }
    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        if !isGone { connections?.change(by: -1) }
        isGone = true
        leaving?()
        leaving = nil
    }
}
