import Testing

@testable import Transports

@Suite("An endpoint")
struct EndpointTests {
    @Test(
        "is printed as it was read",
        arguments: [
            "tcp://127.0.0.1:7700", "tcp://[::1]:7700", "tcp://[2001:db8::1]:1", "tcp://*:7700", "tcp://0.0.0.0:0",
            "tcp://[::]:65535", "tcp://coordinator:7700", "tcp://gpu-1.example.org:7700", "tcp://a_b.local:7700",
            "wss://host/lorad", "wss://host", "wss://[::1]/x", "wss://host:8443/x", "wss://10.0.0.1:1",
            "ws://host:80", "ws://host:80/", "ws://host:80/lorad/control?x=1", "ipc:///run/lorad.sock", "inproc://a b",
        ])
    func roundTrip(_ text: String) throws {
        let endpoint = try Endpoint(text)
        #expect("\(endpoint)" == text)
        #expect(try Endpoint("\(endpoint)") == endpoint)
    }

    @Test("has one form for each address")
    func canonical() throws {
        #expect(try "\(Endpoint("TCP://[2001:DB8:0:0:0:0:0:1]:07700"))" == "tcp://[2001:db8::1]:7700")
        #expect(try Endpoint("tcp://Host.Example:1") == Endpoint("tcp://host.example:1"))
        #expect(try Endpoint("tcp://[::ffff:1.2.3.4]:1").host == .ipv6("::ffff:1.2.3.4"))
    }

    @Test("has parts")
    func parts() throws {
        #expect(try Endpoint("tcp://[::1]:5") == .tcp(.ipv6("::1"), port: 5))
        #expect(try Endpoint("tcp://1.2.3.4:5") == .tcp(.ipv4("1.2.3.4"), port: 5))
        #expect(try Endpoint("ws://name:5/path") == .ws(.name("name"), port: 5, path: "/path"))
        #expect(try Endpoint("wss://name/path") == .wss(.name("name"), port: 443, path: "/path"))
        #expect(try Endpoint("wss://[::1]:444") == .wss(.ipv6("::1"), port: 444, path: ""))
        #expect(try Endpoint("ipc:///a/b") == .ipc(path: "/a/b"))
        #expect(try Endpoint("inproc://n") == .inproc(name: "n"))
        let endpoint = try Endpoint("ws://*:5/path")
        #expect((endpoint.scheme, endpoint.host, endpoint.port) == (.ws, .any, 5))
        #expect(endpoint.at(.ipv4("127.0.0.1"), port: 9) == .ws(.ipv4("127.0.0.1"), port: 9, path: "/path"))
        #expect(Endpoint.ipc(path: "/a").host == nil && Endpoint.inproc(name: "n").port == nil)
    }

    @Test(
        "that cannot be used is refused, with the reason",
        arguments: [
            ("", "has no scheme"), ("host:7700", "has no scheme"),
            ("udp://host:1", "“udp” is none of tcp, ws, wss, ipc"),
            ("tcp://host", "has no port"), ("tcp://[::1]", "has no port"), ("tcp://", "has no port"),
            ("tcp://:1", "has no host"), ("tcp://host:", "port “”"), ("tcp://host:65536", "0 to 65535"),
            ("tcp://host:-1", "port “-1”"), ("tcp://host:+1", "port “+1”"), ("tcp://host:1/x", "port “1/x”"),
            ("tcp://host:٣", "port “٣”"), ("tcp://::1:7700", "needs brackets"), ("tcp://[::1:7700", "neither"),
            ("tcp://[1.2.3.4]:1", "neither"), ("tcp://[fe80::1%eth0]:1", "zone"), ("tcp://user@host:1", "user name"),
            ("tcp://300.1.1.1:1", "neither"), ("tcp://1.2.3:1", "neither"), ("tcp://a b:1", "neither"),
            ("tcp://-a:1", "neither"), ("tcp://a..b:1", "neither"), ("tcp://hôte:1", "neither"),
            ("tcp://\(String(repeating: "a", count: 64)):1", "neither"), ("ws://host:1/a b", "printable"),
            ("ws://host:1/a;b", "printable"), ("wss://host/a b", "printable"), ("wss://", "has no host"),
            ("wss://host:/x", "port “”"), ("wss://::1/x", "needs brackets"), ("ipc://run/x", "absolute"),
            ("ipc:///", "absolute"),
            ("ipc:///\(String(repeating: "a", count: 103))", "at most 103 bytes"), ("inproc://", "has no name"),
        ])
    func invalid(_ text: String, _ reason: String) {
        let error = #expect(throws: TransportError.self) { try Endpoint(text) }
        #expect(error?.code == .invalidEndpoint)
        #expect(error?.message.hasPrefix(text) == true)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test("knows what only this machine reaches, and what stands for every address")
    func kinds() throws {
        for (text, isLoopback, isWildcard) in [
            ("127.0.0.1", true, false), ("127.9.9.9", true, false), ("[::1]", true, false), ("*", false, true),
            ("0.0.0.0", false, true), ("[::]", false, true), ("10.0.0.1", false, false), ("name", false, false),
        ] {
            let host = try #require(try Endpoint("tcp://\(text):1").host)
            #expect(host.isLoopback == isLoopback && host.isWildcard == isWildcard)
        }
    }
}
