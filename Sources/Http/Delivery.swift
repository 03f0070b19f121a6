import NIOCore
import NIOHTTP1

/// Closes a connection once the answers on it are sent, where Hummingbird does when they are written, also while most of one waits for
/// its client to read.
final class Delivery: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a client may go on reading.
    private let patience: TimeAmount
    private var unsent = 0
    private var closing: (promise: EventLoopPromise<Void>, end: Scheduled<Void>)?

    init(patience: TimeAmount) { self.patience = patience }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Who asks of a connection that closes finds it closed.
        if closing == nil { context.fireChannelRead(data) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        let sent = promise ?? context.eventLoop.makePromise()
        unsent += 1
        sent.futureResult.assumeIsolated().whenComplete { _ in
            self.unsent -= 1
            if self.unsent == 0 { self.close(context) }
        }
        context.write(data, promise: sent)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all, unsent > 0 else { return context.close(mode: mode, promise: promise) }
        if let closing {
            closing.promise.futureResult.cascade(to: promise)
        } else {
            let end = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { self.close(context) }
            closing = (promise ?? context.eventLoop.makePromise(), end)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { close(context) }

    private func close(_ context: ChannelHandlerContext) {
        guard let closing else { return }
        self.closing = nil
        closing.end.cancel()
        context.close(promise: closing.promise)
    }
}
