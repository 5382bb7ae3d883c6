import NIOCore

/// Sends a request of HTTP, reads the head that answers it, and gives the connection to what comes next.
final class HeadExchange: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: any HeadRequest
    /// Adds the handlers of what comes next; called on the connection's event loop.
    private let next: (any Channel) throws -> Void
    /// Is told why it failed.
    private let failed: (any Error) -> Void
    private var received = ByteBuffer()
    private var isSent = false
    private var isOver = false

    init(
        _ request: any HeadRequest, next: @escaping (any Channel) throws -> Void,
        failed: @escaping (any Error) -> Void
    ) {
        self.request = request
        self.next = next
        self.failed = failed
    }

    func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { send(context) } }

    func channelActive(context: ChannelHandlerContext) {
        send(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !isOver else { return context.fireChannelRead(data) }
        received.writeBuffer(&bytes)
        do {
            guard let (head, size) = try ResponseHead.read(received.readableBytesView) else { return }
            try request.check(head)
            isOver = true
            try next(context.channel)
            received.moveReaderIndex(forwardBy: size)
            if received.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(received)) }
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            fail(error, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(error, context) }

    func channelInactive(context: ChannelHandlerContext) {
        fail(TransportError(.unavailable, "\(request.peer) closed the connection before it answered"), context)
        context.fireChannelInactive()
    }

    private func send(_ context: ChannelHandlerContext) {
        guard !isSent else { return }
        isSent = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request.text)), promise: nil)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        isOver = true
        failed(error)
        context.close(promise: nil)
    }
}
