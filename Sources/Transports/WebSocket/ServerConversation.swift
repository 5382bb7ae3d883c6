import Foundation
import NIOCore
import NIOWebSocket

/// A server's end of one connection, after its handshake.
///
/// A connection has one request without a reply at a time, so it holds at most two messages of the limit: one that was
/// handed on, and one that arrives. Whoever sends more, breaks the protocol, is silent for too long, or does not read what
/// it is sent, is disconnected; nobody else notices.
final class ServerConversation: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = WebSocketFrame

    /// How long a connection may have no request under way.
    static let quietTime = TimeAmount.seconds(120)
    /// How long it may take to read a reply.
    static let readingTime = TimeAmount.minutes(10)

    private let number: UInt64
    private let connections: ServerConnections
    private var assembly: MessageAssembly
    private var isWaiting = false
    private var deadline: Scheduled<Void>?

    init(number: UInt64, connections: ServerConnections, limit: Int) {
        self.number = number
        self.connections = connections
        assembly = MessageAssembly(expectsMasks: true, limit: limit + NumberedMessage.headerSize)
    }

    func handlerAdded(context: ChannelHandlerContext) { limitTime(to: Self.quietTime, context) }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch assembly.take(unwrapInboundIn(data)) {
        case .message(let buffer): take(buffer, context)
        case .ping(let bytes): pong(bytes, context)
        case .nothing, .pong: break
        case .close, .violation: context.close(promise: nil)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let frame = WebSocketFrame(fin: true, opcode: .binary, data: unwrapOutboundIn(data))
        isWaiting = false
        limitTime(to: Self.readingTime, context)
        let written = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenSuccess {
            if !handler.value.isWaiting { handler.value.limitTime(to: Self.quietTime, bound.value) }
        }
        context.write(wrapOutboundOut(frame), promise: written)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func take(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard !isWaiting, let message = NumberedMessage(buffer) else { return context.close(promise: nil) }
        isWaiting = true
        deadline?.cancel()
        deadline = nil
        connections.received(message, on: number)
    }

    private func pong(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return context.close(promise: nil) }
        let frame = WebSocketFrame(fin: true, opcode: .pong, data: bytes)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func limitTime(to time: TimeAmount, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
    }
}
