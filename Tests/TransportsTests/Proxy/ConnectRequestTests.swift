import Testing

@testable import Transports

@Suite("A request to a proxy")
struct ConnectRequestTests {
    private func request(_ proxy: String = "http://p:3128", host: String = "h") throws -> ConnectRequest {
        ConnectRequest(
            proxy: try HTTPProxy(proxy, from: "test"), host: try #require(Endpoint.Host(Substring(host))), port: 443)
    }

    private func answer(_ text: String, to request: ConnectRequest) throws {
        let (head, _) = try #require(try ResponseHead.read(text.utf8))
        try request.check(head)
    }

    @Test("names the host, and the user if there is one")
    func text() throws {
        #expect(try request().text == "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n")
        #expect(
            try request("http://me:word@p:1", host: "[::1]").text
                == "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\nProxy-Authorization: Basic bWU6d29yZA==\r\n\r\n")
    }

    @Test("is granted by any 2xx")
    func granted() throws {
        try answer("HTTP/1.1 200 Connection established\r\n\r\n", to: request())
        try answer("HTTP/1.0 200\r\nProxy-agent: x\r\n\r\n", to: request())
    }

    @Test(
        "that is refused says what to do",
        arguments: [
            ("407 Auth\r\nProxy-Authenticate: Basic realm=\"x\"", "http://p:1", "asks for a password", true),
            ("407 Auth", "http://p:1", "asks for a password", true),
            ("401 Unauthorized", "http://a:b@p:1", "refuses the user name or the password", true),
            ("407 Auth\r\nProxy-Authenticate: basic", "http://a:b@p:1", "refuses the user name or the password", true),
            (
                "407 Auth\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM", "http://a:b@p:1",
                "by negotiate, ntlm", true
            ),
            (
                "407 Auth\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Basic", "http://p:1",
                "asks for a password", true
            ),
            ("403 Filtered", "http://p:1", "ask its administrator", true),
            ("302 Found\r\nLocation: http://login/", "http://p:1", "HTTP 302 Found", true),
            ("502 Bad Gateway", "http://p:1", "cannot reach h:443", false),
            ("504 Late", "http://p:1", "cannot reach h:443", false),
        ])
    func refused(_ reply: String, _ proxy: String, _ words: String, _ isFinal: Bool) throws {
        let request = try request(proxy)
        let error = #expect(throws: TransportError.self) { try answer("HTTP/1.1 \(reply)\r\n\r\n", to: request) }
        #expect(error?.code == (isFinal ? .blocked : .unavailable))
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test("prints nothing of a hostile answer that a terminal would obey")
    func printable() throws {
        let request = try request()
        let error = #expect(throws: TransportError.self) {
            try answer("HTTP/1.1 403 \u{1B}[2J\(String(repeating: "x", count: 9000))\r\n\r\n", to: request)
        }
        #expect(error?.message.contains("\u{1B}") == false)
        #expect((error?.message.count ?? 0) < 300)
    }
}
