import Foundation
import NIOCore
import NIOWebSocket

/// A client's end of one connection, after its handshake: requests out, replies in, and pings that keep proxies and
/// routers on the way from forgetting a connection that waits (nginx closes one after 60 s of silence).
final class ClientConversation: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = NumberedMessage
    typealias OutboundOut = WebSocketFrame

    /// Time between pings.
    static let pingInterval = TimeAmount.seconds(20)
    /// Pings without a sign of life after which the connection is taken for dead.
    static let mostUnanswered = 3

    private let received: @Sendable (NumberedMessage) -> Void
    private var assembly: MessageAssembly
    private var pinging: RepeatedTask?
    private var unanswered = 0

    init(limit: Int, received: @escaping @Sendable (NumberedMessage) -> Void) {
        self.received = received
        assembly = MessageAssembly(expectsMasks: false, limit: limit + NumberedMessage.headerSize)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        pinging = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.pingInterval, delay: Self.pingInterval) {
            _ in
            handler.value.ping(bound.value)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { pinging?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unanswered = 0
        switch assembly.take(unwrapInboundIn(data)) {
        case .message(let buffer):
            guard let message = NumberedMessage(buffer) else { return context.close(promise: nil) }
            received(message)
        case .ping(let bytes):
            guard context.channel.isWritable else { return }  // the server sees that something comes
            send(.pong, bytes, context, promise: nil)
        case .nothing, .pong: break
        case .close, .violation: context.close(promise: nil)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(wrapOutboundOut(frame(.binary, unwrapOutboundIn(data).encoded)), promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func ping(_ context: ChannelHandlerContext) {
        guard unanswered < Self.mostUnanswered else { return context.close(promise: nil) }
        unanswered += 1
        send(.ping, ByteBuffer(), context, promise: nil)
    }

    private func send(
        _ opcode: WebSocketOpcode, _ bytes: ByteBuffer, _ context: ChannelHandlerContext,
        promise: EventLoopPromise<Void>?
    ) {
        context.writeAndFlush(wrapOutboundOut(frame(opcode, bytes)), promise: promise)
    }

    /// Masks are no secret here: what they hide from proxies is encrypted already.
    private func frame(_ opcode: WebSocketOpcode, _ bytes: ByteBuffer) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: bytes)
    }
}
