import NIOCore
import NIOHTTP1

/// What HTTP/1.1 has a server do for clients before it reads their bodies, and Hummingbird leaves out: `100 Continue` for those that
/// wait for it (RFC 9110, 10.1.1), and, after the answer, the end of connections that nobody asked to keep (RFC 9112, 9.3).
final class Courtesies: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// The most bytes of a body; who announces more hears so without sending it.
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        let isOfHTTP1 = head.version == .http1_0
        if isOfHTTP1, !head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "keep-alive" }) {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        let announced = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        let isWaiting = head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        if isWaiting, !isOfHTTP1, announced <= limit {
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Puts one behind the decoder of HTTP, where the version of a request is known still.
    final class Inserter: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = Any

        private let limit: Int

        init(limit: Int) { self.limit = limit }

        func handlerAdded(context: ChannelHandlerContext) {
            let pipeline = context.pipeline.syncOperations
            guard let decoder = try? pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
            else { return }
            try? pipeline.addHandler(Courtesies(limit: limit), position: .after(decoder.handler))
        }
    }
}
