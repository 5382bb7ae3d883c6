import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import Transports

/// What a handler behind TLS gets to see.
final class TLSWitness: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    var received = ByteBuffer()
    var error: (any Error)?
    var hasInputClosed = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        #expect(self.error == nil, "one failure is told once")
        self.error = error
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { hasInputClosed = true }
    }

    var code: TLSError.Code? { (error as? TLSError)?.code }
    var text: String { String(buffer: received) }
}

/// Two channels that speak TLS, and the network between them.
final class TLSPair {
    let client = EmbeddedChannel()
    let server = EmbeddedChannel()
    let clientWitness = TLSWitness()
    let serverWitness = TLSWitness()

    init(
        _ clientContext: TLSContext, _ serverContext: TLSContext, host: Endpoint.Host = .name("lorad.test"),
        below: (any ChannelHandler)? = nil
    ) throws {
        if let below { try client.pipeline.syncOperations.addHandler(below) }
        try client.pipeline.syncOperations.addHandler(TLSHandler(clientContext, .client(of: host)))
        try client.pipeline.syncOperations.addHandler(clientWitness)
        try server.pipeline.syncOperations.addHandler(TLSHandler(serverContext, .server))
        try server.pipeline.syncOperations.addHandler(serverWitness)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        for channel in [server, client] { try channel.connect(to: address).wait() }
    }

    /// A pair that trusts each other, after its handshake.
    static func open(newest: Int32 = 0, below: (any ChannelHandler)? = nil) throws -> TLSPair {
        let certificate = try TestCertificate()
        let pair = try TLSPair(certificate.client(), certificate.server(newest: newest), below: below)
        try pair.exchange()
        return pair
    }

    /// Carries bytes both ways until there are none, in pieces of the given sizes in turn.
    func exchange(pieces: [Int] = [1 << 20]) throws {
        var turn = 0
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            for (from, to) in [(client, server), (server, client)] {
                while var bytes = try from.readOutbound(as: ByteBuffer.self) {
                    hasMoved = true
                    while bytes.readableBytes > 0, to.isActive {
                        let size = min(pieces[turn % pieces.count], bytes.readableBytes)
                        turn += 1
                        try to.writeInbound(bytes.readSlice(length: size) ?? ByteBuffer())
                        to.embeddedEventLoop.run()
                    }
                }
            }
        }
    }

    /// All that the client has sent, or the server.
    static func takeSent(_ channel: EmbeddedChannel) throws -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { all += bytes.readableBytesView }
        return all
    }
}
