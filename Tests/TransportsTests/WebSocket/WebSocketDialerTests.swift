import Foundation
import TestSupport
import Testing

@testable import Transports

@Suite("A dialer over WebSocket", .serialized, .ownThreads, .timeLimit(.minutes(10)))
struct WebSocketDialerTests {
    @Test("that is closed while it connects to a server that says nothing gives up at once")
    func closing() throws {
        let port = try HostAddresses.freePort(on: .ipv4("127.0.0.1"))
        // It accepts, reads the handshake, and never answers.
        let silent = try #require(OneAnswer(port: port, ""))
        let route = try WebSocketRoute(to: Endpoint("ws://127.0.0.1:\(port)"), outbound: Outbound())
        // Only closing ends this attempt before the test's time is over.
        let dialer = WebSocketDialer(route, limit: 100, longestConnecting: .seconds(3_600))
        let asking = Threads(1) { _ in expect(.closed) { try dialer.request(Data([1]), timeout: .seconds(3_600)) } }
        while silent.request.isEmpty { Thread.sleep(forTimeInterval: 0.005) }
        dialer.close()
        try asking.join()
        silent.close()
    }

    @Test("that is closed before it connects does not begin")
    func closed() throws {
        let port = try HostAddresses.freePort(on: .ipv4("127.0.0.1"))
        let route = try WebSocketRoute(to: Endpoint("ws://127.0.0.1:\(port)"), outbound: Outbound())
        let dialer = WebSocketDialer(route, limit: 100, longestConnecting: .seconds(3_600))
        dialer.close()
        expect(.closed) { try dialer.request(Data([1]), timeout: .seconds(3_600)) }
    }
}
