import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Transports

@Suite("nanomsg", .serialized, .ownThreads, .timeLimit(.minutes(10)))
struct NanomsgTests {
    private let transport = NanomsgTransport()

    @Test("survives tcp peers that send bogus lengths, broken headers and random bytes")
    func hostilePeers() throws {
        let server = try Wire.tcp.listen(limit: 1000)
        let answering = server.answerReversed()
        let dialer = try server.dialer(limit: 1000)
        var random = SplitMix64(seed: 11)
        let port = try #require(server.endpoint.port)
        for bytes in hostileBytes(&random) {
            let peer = try #require(RawPeer(tcpPort: port))
            peer.send(bytes)
            peer.close()
            try dialer.expectReply(Data([2, 1]), to: Data([1, 2]))
        }
        dialer.close()
        server.close()
        try answering.join()
    }

    private func hostileBytes(_ random: inout SplitMix64) -> [[UInt8]] {
        let greeting: [UInt8] = [0, 0x53, 0x50, 0, 0, 0x30, 0, 0]  // that of a REQ socket
        let lengths: [UInt64] = [0, 1, 3, 4, 500, 1004, 1005, 1 << 31, 1 << 32, 1 << 63, .max]
        let noise = (0..<20).map { _ in (0..<Int(random.next() % 3000)).map { _ in UInt8(random.next() >> 56) } }
        let known = lengths.flatMap { length in
            let header = greeting + withUnsafeBytes(of: length.bigEndian) { [UInt8]($0) }
            return [header] + noise.prefix(4).map { header + $0 }
        }
        return [[], greeting, [0x80]] + known + noise + noise.map { greeting + $0 }
    }

    @Test("listens on free ports of its own choice that no outgoing connection is given, and names them")
    func freePorts() throws {
        let servers = try (0..<8).map { _ in try transport.listen(on: Endpoint("tcp://127.0.0.1:0"), limit: 10) }
        let ports = servers.compactMap(\.endpoint.port)
        #expect(Set(ports).count == 8 && !ports.contains(0))
        #expect(ports.allSatisfy { !HostAddresses.outgoingPorts.contains($0) })
        #expect(servers.allSatisfy { $0.endpoint.host == .ipv4("127.0.0.1") })
        for server in servers { server.close() }
    }

    @Test("listens on every address at once", arguments: ["*", "0.0.0.0", "[::]"])
    func wildcards(_ host: String) throws {
        guard host != "[::]" || HostAddresses.systemHasIPv6 else { return }
        let server = try transport.listen(on: Endpoint("tcp://\(host):0"), limit: 10)
        let answering = server.answerReversed()
        let port = try #require(server.endpoint.port)
        #expect("\(server.endpoint)" == "tcp://\(host):\(port)")
        var hosts = ["127.0.0.1"]
        if host != "0.0.0.0", HostAddresses.systemHasIPv6 { hosts.append("[::1]") }
        for host in hosts {
            let dialer = try transport.dial(Endpoint("tcp://\(host):\(port)"), limit: 10)
            try dialer.expectReply(Data([2, 1]), to: Data([1, 2]))
            dialer.close()
        }
        server.close()
        try answering.join()
    }

    @Test(
        "a request over tcp to [::1] is answered",
        .enabled(if: HostAddresses.systemHasIPv6, "this machine has no IPv6"))
    func ipv6() throws { try answers(on: "tcp://[::1]:0", dialing: "[::1]") }

    @Test("a name is dialed at whichever of its addresses the server has", arguments: [Wire.tcp, .tcp6, .ws])
    func names(_ wire: Wire) throws {
        guard Wire.available.contains(wire) else { return }
        // A machine may know localhost by one family only.
        let host = try #require(try wire.endpoint().host)
        guard try HostAddresses.resolve("localhost").contains(host) else { return }
        try answers(on: "\(wire.endpoint())", dialing: "localhost")
    }

    @Test("a server listens on a name's address, and says which")
    func listeningOnName() throws {
        let server = try transport.listen(on: Endpoint("tcp://localhost:0"), limit: 10)
        #expect(server.endpoint.host?.isLoopback == true)
        server.close()
    }

    private func answers(on endpoint: String, dialing host: String) throws {
        let server = try transport.listen(on: Endpoint(endpoint), limit: 10)
        let answering = server.answerReversed()
        let port = try #require(server.endpoint.port)
        let dialer = try transport.dial(Endpoint("\(server.endpoint.scheme)://\(host):\(port)"), limit: 10)
        try dialer.expectReply(Data([2, 1]), to: Data([1, 2]))
        dialer.close()
        server.close()
        try answering.join()
    }

    @Test("a name without an address is an error, when dialing as when listening")
    func unresolvable() throws {
        // No resolver asks the network for a label of 64 letters.
        let endpoint = Endpoint.tcp(.name(String(repeating: "a", count: 64)), port: 7700)
        expect(.unresolvable) { try transport.dial(endpoint, limit: 10) }
        expect(.unresolvable) { try transport.listen(on: endpoint, limit: 10) }
    }

    @Test(
        "what can only be listened on cannot be dialed",
        arguments: ["tcp://*:7700", "tcp://0.0.0.0:7700", "tcp://[::]:7700", "ws://*:7700", "tcp://127.0.0.1:0"])
    func undialable(_ text: String) throws {
        let endpoint = try Endpoint(text)
        expect(.invalidEndpoint) { try transport.dial(endpoint, limit: 10) }
    }

    @Test(
        "what is not this machine's, or not safe, cannot be listened on",
        arguments: ["tcp://192.0.2.1:0", "tcp://192.0.2.1:7700", "ws://*:0", "ws://0.0.0.0:0", "ws://[::]:0"])
    func notListenable(_ text: String) throws {
        let endpoint = try Endpoint(text)
        let error = #expect(throws: TransportError.self) { try transport.listen(on: endpoint, limit: 10) }
        #expect(error?.code == .invalidEndpoint || (text.contains("192") && error?.code == .unavailable))
    }

    @Test("a limit that nanomsg cannot keep is refused", arguments: [0, -1, NanomsgTransport.largestLimit + 1, .max])
    func limits(_ limit: Int) throws {
        let endpoint = try Endpoint("tcp://127.0.0.1:7700")
        expect(.tooLarge) { try transport.listen(on: endpoint, limit: limit) }
        expect(.tooLarge) { try transport.dial(endpoint, limit: limit) }
    }

    @Test("an address that is too long for nanomsg is refused")
    func longAddress() throws {
        let endpoint = try Endpoint("ws://127.0.0.1:7700/\(String(repeating: "a", count: 128))")
        expect(.invalidEndpoint) { try transport.dial(endpoint, limit: 10) }
    }

    @Test("a Unix domain socket is its user's alone")
    func socketPermissions() throws {
        let server = try Wire.ipc.listen()
        defer { server.close() }
        let path = String("\(server.endpoint)".dropFirst("ipc://".count))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("a socket that a killed process left behind is replaced, and none is left after closing")
    func abandonedSocket() throws {
        let path = "/tmp/lorad-\(UUID().uuidString.prefix(8))"
        #expect(RawPeer.abandonSocket(at: path))
        let server = try transport.listen(on: .ipc(path: path), limit: 10)
        let answering = server.answerReversed()
        let dialer = try server.dialer(limit: 10)
        try dialer.expectReply(Data([2, 1]), to: Data([1, 2]))
        dialer.close()
        server.close()
        try answering.join()
        #expect(!FileManager.default.fileExists(atPath: path))
        expect(.unavailable) { try transport.listen(on: .ipc(path: path + "/no/folder"), limit: 10) }
    }

    @Test("signals interrupt neither a request nor the server that it waits for")
    func signals() throws {
        signal(SIGUSR1) { _ in }
        let server = try Wire.tcp.listen()
        let dialer = try server.dialer()
        let threads = Mutex<[pthread_t]>([])
        let asking = Threads(1) { _ in
            threads.withLock { $0.append(pthread_self()) }
            try dialer.expectReply(Data([2]), to: Data([1]))
        }
        let request = try #require(try server.receive())
        let receiving = Threads(1) { _ in
            threads.withLock { $0.append(pthread_self()) }
            let next = try server.receive()
            #expect(next == nil)
        }
        for _ in 0..<50 {
            threads.withLock { for thread in $0 { pthread_kill(thread, SIGUSR1) } }
            usleep(100)
        }
        try server.reply(Data([2]), to: request.ticket)
        server.close()
        try receiving.join()
        try asking.join()
        dialer.close()
    }

    @Test("a closed socket's number serves the next one, and threads late to the old one do not touch it")
    func reusedNumbers() throws {
        try Threads(4) { _ in
            for _ in 0..<50 {
                let server = try Wire.tcp.listen()
                let dialer = try server.dialer()
                let late = Threads(2) { _ in
                    while let request = try server.receive() { try? server.reply(request.bytes, to: request.ticket) }
                }
                try dialer.expectReply(Data([1]), to: Data([1]))
                server.close()
                dialer.close()
                try late.join()
            }
        }.join()
    }

    @Test("a large reply arrives whole, and outlives its sockets")
    func large() throws {
        let server = try Wire.tcp.listen(limit: 1 << 20)
        let answering = server.answerReversed()
        let dialer = try server.dialer(limit: 1 << 20)
        let bytes = Data((0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
        let reply = try dialer.request(bytes, timeout: patience)
        dialer.close()
        server.close()
        try answering.join()
        #expect(reply == Data(bytes.reversed()))
    }
}
