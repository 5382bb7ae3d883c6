import NIOCore
import NIOEmbedded
import Testing

@testable import Transports

@Suite("Opening a way by HTTP")
struct HeadExchangeTests {
    /// A connection on which a request is sent, and what became of it.
    private final class Attempt {
        let channel = EmbeddedChannel()
        var isOpen = false
        var problem: TransportError?

        init(_ request: any HeadRequest) throws {
            try channel.pipeline.syncOperations.addHandler(
                HeadExchange(request) { [unowned self] _ in
                    isOpen = true
                } failed: { [unowned self] in
                    problem = problem ?? $0 as? TransportError
                })
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func sent() throws -> String? { try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) } }
        func receive(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }
        func passedOn() throws -> String? { try channel.readInbound(as: ByteBuffer.self).map { String(buffer: $0) } }
    }

    private let endpoint = Endpoint.wss(.name("h"), port: 443, path: "/lorad")
    /// RFC 6455's own example.
    private var upgrade: UpgradeRequest { UpgradeRequest(to: endpoint, key: "dGhlIHNhbXBsZSBub25jZQ==") }
    private let accepted =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: rep.sp.nanomsg.org\r\n\r\n"

    @Test("sends the request, takes the answer byte by byte, and passes on what follows it")
    func upgrades() throws {
        let attempt = try Attempt(upgrade)
        let request = try #require(try attempt.sent())
        #expect(request.hasPrefix("GET /lorad HTTP/1.1\r\nHost: h\r\n"))
        #expect(request.contains("\r\nSec-WebSocket-Protocol: rep.sp.nanomsg.org\r\n"))
        for byte in accepted.dropLast() { try attempt.receive(String(byte)) }
        #expect(!attempt.isOpen)
        try attempt.receive("\(accepted.last!)first")
        #expect(attempt.isOpen && attempt.problem == nil)
        #expect(try attempt.passedOn() == "first")
        try attempt.receive("second")
        #expect(try attempt.passedOn() == "second")
        #expect(try attempt.sent() == nil)
    }

    @Test("names the port where it is not the usual one, and asks for the root where there is no path")
    func authority() throws {
        #expect(
            UpgradeRequest(to: .ws(.ipv4("10.0.0.1"), port: 80, path: "")).text.contains(
                "GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n"))
        #expect(
            UpgradeRequest(to: .wss(.ipv6("::1"), port: 8443, path: "/x?y")).text.contains(
                "GET /x?y HTTP/1.1\r\nHost: [::1]:8443\r\n"))
    }

    @Test(
        "refuses an answer that is no coordinator's",
        arguments: [
            ("HTTP/1.1 200 OK\r\n\r\n", TransportError.Code.blocked), ("HTTP/1.1 404 Not Found\r\n\r\n", .blocked),
            ("HTTP/1.1 301 Moved\r\nLocation: https://x/\r\n\r\n", .blocked), ("HTTP/1.1 426 No\r\n\r\n", .blocked),
            ("HTTP/1.1 502 Bad Gateway\r\n\r\n", .unavailable), ("HTTP/1.1 503 x\r\n\r\n", .unavailable),
            ("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n", .blocked), ("garbage", .malformed),
            (String(repeating: "HTTP/1.1 200 OK\r\nx: y\r\n", count: 900), .tooLarge),
        ])
    func refusals(_ answer: String, _ code: TransportError.Code) throws {
        let attempt = try Attempt(upgrade)
        try? attempt.receive(answer)
        #expect(!attempt.isOpen && attempt.problem?.code == code, "\(String(describing: attempt.problem))")
        #expect(!attempt.channel.isActive)
    }

    @Test(
        "refuses a handshake that differs in any of its parts",
        arguments: [
            ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "t3pPLMBiTxaQ9kYGzzhZRbK+xOo="), ("rep.sp", "req.sp"),
            ("WebSocket\r\n", "h2c\r\n"), ("Connection: Upgrade", "Sec-WebSocket-Extensions: permessage-deflate"),
            ("Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ])
    func differences(_ part: String, _ other: String) throws {
        let attempt = try Attempt(upgrade)
        try? attempt.receive(accepted.replacing(part, with: other, maxReplacements: 1))
        #expect(!attempt.isOpen && attempt.problem?.code == .blocked)
    }

    @Test("fails where the connection closes before the answer")
    func closes() throws {
        let attempt = try Attempt(upgrade)
        try attempt.receive("HTTP/1.1 101")
        try attempt.channel.close().wait()
        #expect(attempt.problem?.code == .unavailable)
    }
}
