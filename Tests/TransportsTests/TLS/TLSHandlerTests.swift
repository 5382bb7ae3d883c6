import COpenSSL
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Transports

@Suite("A TLS connection")
struct TLSHandlerTests {
    private func bytes(_ count: Int, _ factor: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* factor &+ $0 >> 9) })
    }

    @Test(
        "carries ten megabytes each way, however they are cut up",
        arguments: [TLS1_2_VERSION, TLS1_3_VERSION],
        [[1 << 20], [1, 13, 1460, 16_411, 65_537, 5], [16_384], [65_536 + 5]])
    func bulk(_ newest: Int32, _ pieces: [Int]) throws {
        let certificate = try TestCertificate()
        let pair = try TLSPair(certificate.client(), certificate.server(newest: newest))
        let (up, down) = (bytes(10_000_019, 7), bytes(10_000_003, 11))
        var rest = up
        // What is written before the handshake is over waits for it.
        for size in [0, 1, 16_383, 16_384, 16_385, 65_537] {
            pair.client.writeAndFlush(rest.readSlice(length: size) ?? ByteBuffer(), promise: nil)
        }
        pair.client.write(rest.readSlice(length: 100) ?? ByteBuffer(), promise: nil)
        pair.client.writeAndFlush(rest, promise: nil)
        pair.server.writeAndFlush(down, promise: nil)
        try pair.exchange(pieces: pieces)
        #expect(pair.serverWitness.received == up && pair.clientWitness.received == down)
        #expect(pair.clientWitness.error == nil && pair.serverWitness.error == nil)
    }

    @Test("asks for the server's name and for HTTP/1.1, and for no name where it has an address")
    func hello() throws {
        let certificate = try TestCertificate()
        for (host, isNamed) in [(Endpoint.Host.name("lorad.test"), true), (.ipv4("10.20.30.40"), false)] {
            let pair = try TLSPair(certificate.client(), certificate.server(), host: host)
            let hello = try TLSPair.takeSent(pair.client)
            #expect(hello.firstRange(of: Array("\u{8}http/1.1".utf8)) != nil)
            #expect((hello.firstRange(of: Array("lorad.test".utf8)) != nil) == isNamed)
            #expect(hello.firstRange(of: Array("10.20.30.40".utf8)) == nil)
        }
    }

    @Test("keeps promises once the last byte is out, and breaks those that a close leaves")
    func promises() throws {
        let pair = try TLSPair.open()
        let (early, late) = (
            pair.client.eventLoop.makePromise(of: Void.self), pair.client.eventLoop.makePromise(of: Void.self)
        )
        let outcomes = Outcomes()
        early.futureResult.whenSuccess { outcomes.add("early") }
        late.futureResult.whenFailure { _ in outcomes.add("late fails") }
        pair.client.write(bytes(200_000, 3), promise: early)
        #expect(outcomes.all.isEmpty)
        pair.client.flush()
        #expect(outcomes.all == ["early"])
        pair.client.write(bytes(10, 3), promise: late)
        pair.client.close(promise: nil)
        #expect(outcomes.all == ["early", "late fails"])
        #expect(throws: ChannelError.self) { try pair.client.writeAndFlush(bytes(1, 1)).wait() }
    }

    @Test("encrypts no more than the channel takes, and goes on when it takes more")
    func backpressure() throws {
        let pair = try TLSPair.open()
        pair.client.isWritable = false
        let message = bytes(1_000_000, 5)
        pair.client.writeAndFlush(message, promise: nil)
        #expect(try TLSPair.takeSent(pair.client).isEmpty)
        pair.client.isWritable = true
        pair.client.pipeline.fireChannelWritabilityChanged()
        try pair.exchange()
        #expect(pair.serverWitness.received == message)
    }

    @Test("says goodbye, which ends the other end without an error", arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func goodbye(_ newest: Int32) throws {
        let pair = try TLSPair.open(newest: newest)
        pair.client.writeAndFlush(ByteBuffer(string: "last words"), promise: nil)
        pair.client.close(promise: nil)
        try pair.exchange()
        #expect(pair.serverWitness.text == "last words" && pair.serverWitness.error == nil)
        #expect(!pair.server.isActive && !pair.client.isActive && pair.clientWitness.error == nil)
    }

    @Test("may be closed in one direction, and go on in the other")
    func halfClosed() throws {
        let pair = try TLSPair.open()
        for channel in [pair.client, pair.server] { channel.allowRemoteHalfClosure = true }
        let outputs = Outputs()
        try pair.client.pipeline.syncOperations.addHandler(outputs, position: .first)
        pair.client.writeAndFlush(ByteBuffer(string: "question"), promise: nil)
        pair.client.close(mode: .output, promise: nil)
        #expect(throws: ChannelError.self) { try pair.client.writeAndFlush(ByteBuffer(string: "more")).wait() }
        try pair.exchange()
        #expect(outputs.modes == ["output"])
        #expect(pair.serverWitness.text == "question" && pair.serverWitness.hasInputClosed && pair.server.isActive)
        pair.server.writeAndFlush(ByteBuffer(string: "answer"), promise: nil)
        pair.server.close(promise: nil)
        try pair.exchange()
        #expect(pair.clientWitness.text == "answer" && pair.clientWitness.error == nil)
        #expect(outputs.modes == ["output", "all"])
    }

    @Test("that is cut off is an error, in the handshake and after it", arguments: [false, true])
    func cutOff(_ isOpen: Bool) throws {
        let certificate = try TestCertificate()
        let pair = try TLSPair(certificate.client(), certificate.server())
        if isOpen { try pair.exchange() }
        pair.client.pipeline.fireChannelInactive()
        #expect(pair.clientWitness.code == .cutOff)
    }

    @Test("whose peer sends nothing more and no goodbye is an error too")
    func cutOffInOneDirection() throws {
        let pair = try TLSPair.open()
        pair.client.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(pair.clientWitness.code == .cutOff && !pair.clientWitness.hasInputClosed && !pair.client.isActive)
    }

    @Test("reads on by itself until there is something for the next handler, who reads by hand")
    func reading() throws {
        let reads = Reads()
        let pair = try TLSPair.open(below: reads)
        pair.client.read()
        pair.server.writeAndFlush(ByteBuffer(string: "twenty bytes of text"), promise: nil)
        var sent = ByteBuffer(bytes: try TLSPair.takeSent(pair.server))
        let before = reads.count
        try pair.client.writeInbound(sent.readSlice(length: 10) ?? ByteBuffer())
        #expect(reads.count == before + 1)
        try pair.client.writeInbound(sent)
        #expect(pair.clientWitness.text == "twenty bytes of text" && reads.count == before + 1)
    }
}

/// What became of promises, in order.
private final class Outcomes: Sendable {
    private let notes = Mutex<[String]>([])

    var all: [String] { notes.withLock { $0 } }

    func add(_ note: String) { notes.withLock { $0.append(note) } }
}

/// Notes how the channel is closed, and lets only a close of both directions through.
private final class Outputs: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var modes: [String] = []

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        modes.append("\(mode)")
        if case .all = mode { context.close(mode: mode, promise: promise) } else { promise?.succeed() }
    }
}

/// Counts what is asked of the network.
private final class Reads: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
