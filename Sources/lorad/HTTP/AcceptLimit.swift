import NIOCore

/// Takes in no more connections than a number at once; the next ones wait in the system's queue, and leave the process its
/// files.
final class AcceptLimit: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    private let most: Int
    private var open = 0
    private var isHeld = false

    init(_ most: Int) { self.most = most }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        open += 1
        let limit = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            let (limit, context) = limit.value
            limit.didClose(context)
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        isHeld = open >= most
        if !isHeld { context.read() }
    }

    private func didClose(_ context: ChannelHandlerContext) {
        open -= 1
        if isHeld { read(context: context) }
    }
}
