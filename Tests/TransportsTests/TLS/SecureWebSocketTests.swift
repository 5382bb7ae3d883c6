import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Transports

@Suite("A WebSocket over TLS", .serialized, .ownThreads, .timeLimit(.minutes(5)))
struct SecureWebSocketTests {
    /// A client that trusts the authority, and goes through a proxy at the port if there is one.
    private func transport(_ authority: TestCertificate, proxy: UInt16? = nil) throws -> WebSocketTransport {
        let file = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString).pem")
        try authority.pem().write(to: file)
        let option = proxy.map { "http://127.0.0.1:\($0)" } ?? "none"
        let rules = try ProxyRules(option: option, environment: [:])
        return WebSocketTransport(outbound: Outbound(proxies: rules, authorityFile: file.path))
    }

    @Test("carries ten megabytes each way, straight and through a proxy", arguments: [false, true])
    func bulk(_ isProxied: Bool) throws {
        let server = try WebSocketTransport().listen(on: Endpoint("ws://127.0.0.1:0/lorad"), limit: 12 << 20)
        let answering = server.answerReversed()
        let certificate = try TestCertificate(names: "DNS:localhost")
        let front = try TLSFront(certificate.server(), to: server.endpoint.port, isProxy: isProxied)
        defer { front.close() }
        let dialer = try transport(certificate, proxy: isProxied ? front.port : nil)
            .dial(Endpoint("wss://localhost:\(isProxied ? 443 : front.port)/lorad"), limit: 12 << 20)
        for size in [0, 1, 16_384, 10_000_019] {
            let bytes = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) })
            try dialer.expectReply(Data(bytes.reversed()), to: bytes)
        }
        dialer.close()
        server.close()
        try answering.join()
    }

    @Test("says what is wrong with the certificate, and what to do")
    func certificates() throws {
        let (authority, stranger) = (try TestCertificate(names: nil), try TestCertificate(names: nil))
        for (certificate, words) in [
            (try TestCertificate(names: "DNS:localhost", by: stranger), "no trusted authority signed the certificate"),
            (try TestCertificate(names: "DNS:elsewhere", by: authority), "the certificate belongs to another server"),
            (try TestCertificate(names: "DNS:localhost", days: -5 ... -3, by: authority), "of this machine's clock"),
        ] {
            let front = try TLSFront(certificate.server())
            defer { front.close() }
            let error = try problem(transport(authority), at: front.port)
            #expect(error?.code == .blocked && error?.message.contains(words) == true, "\(String(describing: error))")
            let isUntrusted = words.hasPrefix("no trusted")
            #expect(error?.message.contains("--ca-file") == isUntrusted)
        }
    }

    @Test("says that the server has no TLS")
    func plain() throws {
        let port = try HostAddresses.freePort(on: .ipv4("127.0.0.1"))
        let server = try #require(OneAnswer(port: port, "HTTP/1.1 400 Bad Request\r\n\r\n"))
        defer { server.close() }
        let error = try problem(transport(TestCertificate()), at: port)
        #expect(error?.code == .blocked && error?.message.contains("does not speak TLS") == true)
    }

    @Test("is tried again where the server closes in the handshake, as a server does that is restarted")
    func restarted() throws {
        let listener = try ServerBootstrap(group: NetworkLoops.group)
            .childChannelInitializer { $0.close() }.bind(host: "127.0.0.1", port: 0).wait()
        defer { listener.close(promise: nil) }
        let route = try WebSocketRoute(
            to: Endpoint("wss://localhost:\(#require(listener.localAddress?.port))/x"), outbound: Outbound())
        expect(.unavailable) { try route.connect(limit: 10, timeout: .seconds(40)) { _ in } }
    }

    private func problem(_ transport: WebSocketTransport, at port: UInt16) throws -> TransportError? {
        let dialer = try transport.dial(Endpoint("wss://localhost:\(port)/lorad"), limit: 10)
        defer { dialer.close() }
        return #expect(throws: TransportError.self) { try dialer.request(Data([1]), timeout: patience) }
    }
}
