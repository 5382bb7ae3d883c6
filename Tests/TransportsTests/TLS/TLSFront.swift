import NIOCore
import NIOPosix

@testable import Transports

/// What stands between workers and a coordinator: it ends TLS and passes bytes on, and may be an HTTP proxy as well.
final class TLSFront: Sendable {
    let port: UInt16
    private let listener: any Channel

    /// - Parameters:
    ///   - target: the port of this machine that takes the bytes; nobody takes them unless given.
    ///   - isProxy: whether clients first ask for the way by CONNECT.
    init(_ context: TLSContext, to target: UInt16? = nil, isProxy: Bool = false) throws {
        listener = try ServerBootstrap(group: NetworkLoops.group)
            .childChannelInitializer { near in
                let secured = near.eventLoop.makeCompletedFuture {
                    if isProxy { try near.pipeline.syncOperations.addHandler(Passage()) }
                    try near.pipeline.syncOperations.addHandler(TLSHandler(context, .server))
                }
                guard let target else { return secured }
                return secured.flatMap {
                    ClientBootstrap(group: near.eventLoop)
                        .channelInitializer { Self.relay($0, to: near) }
                        .connect(host: "127.0.0.1", port: Int(target))
                }.flatMap { far in Self.relay(near, to: far) }
            }.bind(host: "127.0.0.1", port: 0).wait()
        port = UInt16(listener.localAddress?.port ?? 0)
    }

    func close() { listener.close(promise: nil) }

    private static func relay(_ channel: any Channel, to other: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Relay(to: other)) }
    }
}

/// Passes on what a connection receives.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let other: any Channel

    init(to other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Grants the first request, whatever it is, and then lets everything through.
private final class Passage: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var isOpen = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOpen else { return context.fireChannelRead(data) }
        isOpen = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n")), promise: nil)
    }
}
