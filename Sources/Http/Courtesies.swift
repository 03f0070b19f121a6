import NIOCore
import NIOHTTP1

/// What HTTP/1.1 has a server do around the bodies of requests, and Hummingbird leaves out: `100 Continue` for clients that wait for it
/// (RFC 9110, 10.1.1), and the end of connections that nobody asked to keep (RFC 9112, 9.3), or whose client goes on sending what has
/// had its answer (9.6).
final class Courtesies: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// The most bytes of a body; who announces more hears so without sending it.
    private let limit: Int
    /// How long the rest of a body may take once its request is answered.
    private let rest: TimeAmount

    private var unanswered = 0
    private var isBodyComing = false
    /// Whether the last request is to hear so once those before it have their answers.
    private var isContinueDue = false
    /// Ends the connection unless the body ends before.
    private var end: Scheduled<Void>?

    init(limit: Int, rest: TimeAmount) { (self.limit, self.rest) = (limit, rest) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(var head):
            isBodyComing = true
            begin(&head, context)
            unanswered += 1
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body: context.fireChannelRead(data)
        case .end:
            // Who did not wait need not be told either.
            (isBodyComing, isContinueDue) = (false, false)
            stayOpen()
            context.fireChannelRead(data)
        }
    }

    private func begin(_ head: inout HTTPRequestHead, _ context: ChannelHandlerContext) {
        let isOfHTTP1 = head.version == .http1_0
        if isOfHTTP1, !head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "keep-alive" }) {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        let announced = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        let isWaiting = head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        guard isWaiting, !isOfHTTP1, announced <= limit else { return }
        if unanswered == 0 { goOn(context) } else { isContinueDue = true }
    }

    private func goOn(_ context: ChannelHandlerContext) {
        isContinueDue = false
        context.writeAndFlush(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(data, promise: promise)
        guard case .end = unwrapOutboundIn(data) else { return }
        unanswered -= 1
        if unanswered == 1, isContinueDue { goOn(context) }
        guard unanswered == 0, isBodyComing else { return }
        end = context.eventLoop.assumeIsolated().scheduleTask(in: rest) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { stayOpen() }

    private func stayOpen() {
        end?.cancel()
        end = nil
    }

    /// Puts both behind the decoder of HTTP, where the version of a request is known still.
    final class Inserter: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = Any

        private let handlers: [any ChannelHandler]

        init(_ courtesies: Courtesies, _ delivery: Delivery) { handlers = [delivery, courtesies] }

        func handlerAdded(context: ChannelHandlerContext) {
            let pipeline = context.pipeline.syncOperations
            guard let decoder = try? pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
            else { return }
            try? pipeline.addHandlers(handlers, position: .after(decoder.handler))
        }
    }
}
