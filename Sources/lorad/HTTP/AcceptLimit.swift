import NIOCore

/// Takes in no more connections than a number at once; the next ones wait in the system's queue, and leave the process its
/// files. While they wait, the oldest connection that has asked for nothing in a second is closed to make room.
final class AcceptLimit: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    private static let idle = TimeAmount.seconds(1)
    private let most: Int
    private var open: [any Channel] = []
    private var isHeld = false
    private var isLooking = false

    init(_ most: Int) { self.most = most }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        open.append(channel)
        let limit = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        channel.closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            let (limit, context) = limit.value
            limit.open.removeAll { $0 === channel }
            if limit.isHeld { limit.read(context: context) }
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        isHeld = open.count >= most
        if isHeld { makeRoom(context) } else { context.read() }
    }

    /// Looks again in a while where every connection is being answered, or has only just come.
    private func makeRoom(_ context: ChannelHandlerContext) {
        guard isHeld, !isLooking else { return }
        if let idle = open.first(where: isIdle) { return idle.close(promise: nil) }
        let limit = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        isLooking = true
        context.eventLoop.scheduleTask(in: Self.idle) {
            let (limit, context) = limit.value
            limit.isLooking = false
            limit.makeRoom(context)
        }
    }

    private func isIdle(_ channel: any Channel) -> Bool {
        // All are on this one thread.
        let conversation = try? channel.pipeline.syncOperations.handler(type: HTTPConversation.self)
        return conversation?.waitsSince.map { $0 + Self.idle <= .now() } ?? false
    }
}
