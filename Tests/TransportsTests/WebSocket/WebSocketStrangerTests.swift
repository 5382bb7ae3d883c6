import Foundation
import TestSupport
import Testing

@testable import Transports

@Suite("A WebSocket server", .serialized, .ownThreads, .timeLimit(.minutes(5)))
struct WebSocketStrangerTests {
    private let upgrade =
        "GET /lorad HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: rep.sp.nanomsg.org\r\n\r\n"

    /// What strangers may send, good beginnings with bad endings among it.
    private func bytes(_ index: Int, _ random: inout SplitMix64) -> [UInt8] {
        var handshake = Array(upgrade.utf8)
        switch index % 8 {
        case 0: return []
        case 1: return Array(handshake.prefix(Int(random.next() % UInt64(handshake.count))))
        case 2:
            for _ in 0..<4 {
                handshake[Int(random.next() % UInt64(handshake.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            return handshake
        case 3: return Array("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n".utf8)
        case 4: return Array("GET / HTTP/1.1\r\n\(String(repeating: "a: b\r\n", count: 3_000))".utf8)
        case 5: return handshake + [0x82, 0xFF] + [UInt8](repeating: 0xFF, count: 8)
        case 6: return handshake + [0x82, 0x05] + Array("plain".utf8)
        default: return handshake + (0..<200).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
    }

    @Test("is not held up by strangers that send handshakes and frames of no meaning")
    func strangers() throws {
        let server = try Wire.ws.listen()
        let answering = server.answerReversed()
        let port = try #require(server.endpoint.port)
        var random = SplitMix64(seed: 19)
        let peers = (0..<200).compactMap { index -> RawPeer? in
            let peer = RawPeer(tcpPort: port)
            peer?.send(bytes(index, &random))
            return peer
        }
        #expect(peers.count == 200)
        let dialer = try server.dialer()
        try dialer.expectReply(Data([2, 1]), to: Data([1, 2]))
        for peer in peers { peer.close() }
        try dialer.expectReply(Data([4, 3]), to: Data([3, 4]))
        dialer.close()
        server.close()
        try answering.join()
    }

    @Test("speaks plain WebSocket at any of this machine's addresses, and no TLS")
    func listening() throws {
        let server = try WebSocketTransport().listen(on: Endpoint("ws://*:0"), limit: 10)
        #expect(server.endpoint.host == .any && server.endpoint.port != 0)
        server.close()
        expect(.invalidEndpoint) { try WebSocketTransport().listen(on: Endpoint("wss://127.0.0.1:0/"), limit: 10) }
        expect(.invalidEndpoint) { try WebSocketTransport().listen(on: Endpoint("tcp://127.0.0.1:0"), limit: 10) }
    }

    @Test(
        "cannot be dialed at an address that stands for all, by TLS with a file that is none, or by a name that is unknown"
    )
    func undialable() throws {
        let transport = WebSocketTransport(outbound: Outbound(authorityFile: "/dev/null"))
        expect(.invalidKey) { try transport.dial(Endpoint("wss://127.0.0.1/"), limit: 10) }
        for text in ["ws://*:1", "ws://127.0.0.1:0", "wss://0.0.0.0/x", "tcp://127.0.0.1:1"] {
            expect(.invalidEndpoint) { try WebSocketTransport().dial(Endpoint(text), limit: 10) }
        }
        // No resolver asks the network for a label of 64 letters.
        let endpoint = Endpoint.ws(.name(String(repeating: "a", count: 64)), port: 80, path: "")
        expect(.unresolvable) { try WebSocketTransport().dial(endpoint, limit: 10) }
        for limit in [0, -1, .max] {
            expect(.tooLarge) { try WebSocketTransport().dial(Endpoint("ws://127.0.0.1:1"), limit: limit) }
        }
    }

    @Test("that answers with something else is told of at once")
    func otherServer() throws {
        let port = try HostAddresses.freePort(on: .ipv4("127.0.0.1"))
        let server = try #require(OneAnswer(port: port, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
        defer { server.close() }
        let dialer = try WebSocketTransport().dial(Endpoint("ws://127.0.0.1:\(port)/x"), limit: 10)
        defer { dialer.close() }
        let error = #expect(throws: TransportError.self) { try dialer.request(Data([1]), timeout: patience) }
        #expect(error?.code == .blocked && error?.message.contains("HTTP 404 Not Found") == true)
    }

    @Test("is reached through a proxy, which is told the name and the password")
    func proxied() throws {
        let port = try HostAddresses.freePort(on: .ipv4("127.0.0.1"))
        let proxy = try #require(OneAnswer(port: port, "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n"))
        defer { proxy.close() }
        let outbound = Outbound(
            proxies: try ProxyRules(option: "http://me:word@127.0.0.1:\(port)", environment: [:]))
        let dialer = try WebSocketTransport(outbound: outbound).dial(Endpoint("ws://unknown.invalid:80/x"), limit: 10)
        defer { dialer.close() }
        let error = #expect(throws: TransportError.self) { try dialer.request(Data([1]), timeout: patience) }
        #expect(error?.code == .blocked && error?.message.contains("refuses the user name or the password") == true)
        #expect(
            proxy.request == "CONNECT unknown.invalid:80 HTTP/1.1\r\nHost: unknown.invalid:80\r\n"
                + "Proxy-Authorization: Basic bWU6d29yZA==\r\n\r\n")
    }
}
