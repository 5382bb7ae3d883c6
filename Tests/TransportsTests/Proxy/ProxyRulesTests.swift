import Testing

@testable import Transports

@Suite("The rules about proxies")
struct ProxyRulesTests {
    private func proxy(
        to endpoint: String, option: String? = nil, _ environment: [String: String] = [:]
    ) throws -> String? {
        try ProxyRules(option: option, environment: environment).proxy(to: Endpoint(endpoint))?.description
    }

    @Test("send wss through the environment's proxy, small letters first, and nothing else")
    func environment() throws {
        let all = [
            "https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:1", "all_proxy": "http://c:1",
            "ALL_PROXY": "http://d:1",
        ]
        #expect(try proxy(to: "wss://h/x", all) == "http://a:1")
        #expect(try proxy(to: "wss://h/x", all.filter { $0.key != "https_proxy" }) == "http://b:1")
        #expect(try proxy(to: "wss://h/x", ["all_proxy": "http://c:1", "https_proxy": ""]) == "http://c:1")
        #expect(try proxy(to: "wss://h/x", ["ALL_PROXY": "http://d:1"]) == "http://d:1")
        #expect(try proxy(to: "wss://h/x", ["http_proxy": "http://e:1", "HTTP_PROXY": "http://e:1"]) == nil)
        for endpoint in ["ws://h:80/x", "tcp://h:7700", "ipc:///x"] { #expect(try proxy(to: endpoint, all) == nil) }
    }

    @Test("let an option count before the environment and its exceptions, for ws and wss")
    func option() throws {
        let environment = ["https_proxy": "http://a:1", "no_proxy": "*"]
        #expect(try proxy(to: "wss://h/x", option: "http://o:2", environment) == "http://o:2")
        #expect(try proxy(to: "ws://h:80/x", option: "http://o:2", environment) == "http://o:2")
        #expect(try proxy(to: "wss://h/x", option: "none", ["https_proxy": "http://a:1"]) == nil)
        #expect(try proxy(to: "tcp://h:7700", option: "none") == nil)
    }

    @Test("refuse an option for what no proxy leads to, and a proxy that cannot be read")
    func refusals() {
        let error = #expect(throws: TransportError.self) { try proxy(to: "tcp://h:7700", option: "http://o:2") }
        #expect(error?.code == .invalidEndpoint && error?.message.contains("wss://") == true)
        #expect(throws: TransportError.self) { try proxy(to: "wss://h/x", ["HTTPS_PROXY": "socks5://a:1"]) }
        #expect(throws: TransportError.self) { try proxy(to: "wss://h/x", option: "") }
    }

    @Test(
        "reach what NO_PROXY lists straight",
        arguments: [
            ("*", true), ("h.example.org", true), ("example.org", true), (".example.org", true),
            ("*.example.org", true),
            ("other.org, EXAMPLE.org", true), ("other.org example.org.", true), ("ample.org", false), ("org", true),
            ("h.example.org:443", true), ("h.example.org:444", false), ("", false), (",,", false), (".", false),
            ("x.h.example.org", false),
        ])
    func names(_ list: String, _ isStraight: Bool) throws {
        let environment = ["https_proxy": "http://a:1", "NO_PROXY": list]
        #expect((try proxy(to: "wss://h.example.org/x", environment) == nil) == isStraight)
    }

    @Test(
        "know addresses and networks in NO_PROXY",
        arguments: [
            ("10.1.2.3", "10.1.2.3", true), ("10.1.2.4", "10.1.2.3", false), ("10.0.0.0/8", "10.1.2.3", true),
            ("11.0.0.0/8", "10.1.2.3", false), ("10.1.2.0/31", "10.1.2.3", false), ("10.1.2.2/31", "10.1.2.3", true),
            ("0.0.0.0/0", "10.1.2.3", true), ("10.0.0.0/33", "10.1.2.3", false), ("10.0.0.0/", "10.1.2.3", false),
            ("10.1.2.3:443", "10.1.2.3", true), ("10.1.2.3:80", "10.1.2.3", false),
            ("2001:db8::/32", "[2001:db8::1]", true),
            ("2001:db8::1", "[2001:db8::1]", true), ("[2001:db8::1]:443", "[2001:db8::1]", true),
            ("2001:db9::/32", "[2001:db8::1]", false), ("10.0.0.0/8", "[2001:db8::1]", false), ("x", "127.0.0.1", true),
            ("x", "[::1]", true), ("x", "localhost", true),
        ])
    func addresses(_ list: String, _ host: String, _ isStraight: Bool) throws {
        let environment = ["https_proxy": "http://a:1", "no_proxy": list]
        #expect((try proxy(to: "wss://\(host)/x", environment) == nil) == isStraight)
    }
}
