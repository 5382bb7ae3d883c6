import Testing

@testable import Transports

@Suite("An HTTP proxy")
struct HTTPProxyTests {
    @Test(
        "is read as curl reads it",
        arguments: [
            ("http://proxy.example:3128", "http://proxy.example:3128"), ("proxy:3128/", "http://proxy:3128"),
            ("HTTP://10.0.0.1", "http://10.0.0.1:80"), ("[::1]:8080", "http://[::1]:8080"),
            ("http://[::1]", "http://[::1]:80"),
            ("http://user:word@proxy:1", "http://proxy:1"),
        ])
    func read(_ text: String, _ address: String) throws {
        #expect(try HTTPProxy(text, from: "test").description == address)
    }

    @Test("tells user and password in Basic authentication, percent-encoded or not")
    func credentials() throws {
        #expect(try HTTPProxy("http://p:1", from: "test").credentials == nil)
        // RFC 7617's own example.
        let known = try HTTPProxy("http://Aladdin:open%20sesame@p:1", from: "test")
        #expect(known.credentials?.header == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        let odd = try HTTPProxy("http://me:a%40b:c%2Fd@p:1", from: "test")
        #expect(odd.credentials == (try HTTPProxy.Credentials("me:a@b:c/d")))
        #expect(try HTTPProxy("http://me@p:1", from: "test").credentials == HTTPProxy.Credentials("me:"))
    }

    @Test(
        "that cannot be used is refused without telling its password",
        arguments: [
            "https://me:secret@p:1", "socks5://me:secret@p:1", "http://me:secret@", "http://me:secret@p:0",
            "http://me:secret@p:65536", "http://me:secret@p:x", "http://me:secret%@p:1", "http://:secret@p:1",
            "http://me:secret%0d%0aX@p:1", "http://me:secret@*:1", "http://me:secret@a b:1",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: TransportError.self) { try HTTPProxy(text, from: "HTTPS_PROXY") }
        #expect(error?.code == .invalidEndpoint)
        #expect(error?.message.hasPrefix("HTTPS_PROXY names a proxy") == true)
        #expect(error?.message.contains("secret") == false)
    }
}
