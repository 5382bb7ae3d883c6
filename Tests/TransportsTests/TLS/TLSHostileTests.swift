import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import Transports

@Suite("A TLS client among hostile peers")
struct TLSHostileTests {
    private func client() throws -> TLSPair {
        let certificate = try TestCertificate()
        return try TLSPair(certificate.client(), certificate.server())
    }

    @Test(
        "says so where the peer speaks no TLS",
        arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "220 mail ESMTP\r\n"])
    func noTLS(_ answer: String) throws {
        let pair = try client()
        try pair.client.writeInbound(ByteBuffer(string: answer))
        #expect(pair.clientWitness.code == .notTLS, "\(String(describing: pair.clientWitness.error))")
        #expect(!pair.client.isActive)
    }

    @Test("fails, or works, but gives nothing that the server did not send, whatever is done to the server's bytes")
    func mutations() throws {
        var random = SplitMix64(seed: 7)
        let certificate = try TestCertificate()
        let (clientContext, serverContexts) = (
            try certificate.client(),
            [try certificate.server(newest: TLS1_2_VERSION), try certificate.server(newest: TLS1_3_VERSION)]
        )
        var failures = 0
        for index in 0..<200 {
            let pair = try TLSPair(clientContext, serverContexts[index % 2])
            try pair.server.writeInbound(ByteBuffer(bytes: TLSPair.takeSent(pair.client)))
            var flight = try TLSPair.takeSent(pair.server)
            let place = Int(random.next() % UInt64(flight.count))
            switch index % 4 {
            case 0, 1: flight[place] ^= 1 << UInt8(random.next() % 8)
            case 2: flight.insert(contentsOf: (0..<40).map { _ in UInt8(truncatingIfNeeded: random.next()) }, at: place)
            default: flight.removeSubrange(place..<min(flight.count, place + 9))
            }
            try pair.client.writeInbound(ByteBuffer(bytes: flight))
            try pair.exchange(pieces: [97, 1, 4000])
            #expect(pair.clientWitness.received.readableBytes == 0)
            #expect(pair.client.isActive == (pair.clientWitness.error == nil))
            if pair.client.isActive { try pair.client.close().wait() } else { failures += 1 }
        }
        #expect(failures > 100, "\(failures)")
    }

    @Test("takes nothing from a record that was changed on the way", arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func forgedRecord(_ newest: Int32) throws {
        let pair = try TLSPair.open(newest: newest)
        pair.server.writeAndFlush(ByteBuffer(string: "first"), promise: nil)
        try pair.exchange()
        pair.server.writeAndFlush(ByteBuffer(string: "second"), promise: nil)
        var record = try TLSPair.takeSent(pair.server)
        record[record.count - 3] ^= 1
        try pair.client.writeInbound(ByteBuffer(bytes: record))
        #expect(pair.clientWitness.text == "first" && pair.clientWitness.code == .malformed)
        // The client closes with an alert, and everything after that is for nobody.
        try pair.exchange()
        #expect(pair.serverWitness.code == .refused && !pair.client.isActive)
    }

    @Test("does not negotiate anew in the middle of a connection")
    func renegotiation() throws {
        let certificate = try TestCertificate()
        let context = try certificate.server(newest: TLS1_2_VERSION)
        SSL_CTX_clear_options(context.handle, 1 << 30)  // SSL_OP_NO_RENEGOTIATION
        let (client, witness, server) = try open(certificate.client(), context)
        try #require(SSL_renegotiate(server.handle) == 1)
        _ = try server.shakeHands()
        try client.writeInbound(#require(server.takeOutgoing()))
        let answer = try TLSPair.takeSent(client)
        #expect(answer.first == 21, "an alert")
        try server.receive(ByteBuffer(bytes: answer))
        var nothing = ByteBuffer()
        #expect(throws: TLSError.self) { try server.read(into: &nothing) }
        #expect(witness.error == nil && client.isActive)
    }

    @Test("ends a connection whose peer asks for answers without end and reads none")
    func flood() throws {
        let certificate = try TestCertificate()
        let clog = Clog()
        let (client, witness, server) = try open(certificate.client(), certificate.server(), below: clog)
        clog.isClosed = true
        var rounds = 0
        while witness.error == nil, rounds < 20_000 {
            rounds += 1
            try #require(SSL_key_update(server.handle, SSL_KEY_UPDATE_REQUESTED) == 1)
            _ = try server.shakeHands()
            try client.writeInbound(#require(server.takeOutgoing()))
        }
        #expect(witness.code == .malformed && rounds > 100 && !client.isActive)
    }

    /// A client's channel and a server's session, after their handshake.
    private func open(
        _ clientContext: TLSContext, _ serverContext: TLSContext, below: (any ChannelHandler)? = nil
    ) throws -> (EmbeddedChannel, TLSWitness, TLSSession) {
        let (channel, witness) = (EmbeddedChannel(), TLSWitness())
        let server = try TLSSession(serverContext, .server)
        if let below { try channel.pipeline.syncOperations.addHandler(below) }
        try channel.pipeline.syncOperations.addHandlers(
            [TLSHandler(clientContext, .client(of: .name("lorad.test"))), witness])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        for _ in 0..<5 {
            try server.receive(ByteBuffer(bytes: TLSPair.takeSent(channel)))
            let isOver = try server.shakeHands()
            if let bytes = server.takeOutgoing() { try channel.writeInbound(bytes) }
            if isOver { return (channel, witness, server) }
        }
        throw TLSError(code: .malformed, message: "the handshake does not end")
    }
}

/// Holds back what is sent.
private final class Clog: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var isClosed = false

    func flush(context: ChannelHandlerContext) { if !isClosed { context.flush() } }
}
