import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import Transports

@Suite("A TLS client")
struct TLSCertificateTests {
    /// What the client says of a server with the certificate, while something secret waits to be sent.
    private func problem(
        _ certificate: TestCertificate, trusting authority: TestCertificate, _ host: Endpoint.Host = .name("lorad.test")
    ) throws -> TLSError? {
        let pair = try TLSPair(authority.client(), certificate.server(), host: host)
        pair.client.writeAndFlush(ByteBuffer(string: "secret"), promise: nil)
        try pair.exchange()
        let error = pair.clientWitness.error as? TLSError
        #expect((pair.serverWitness.text == "secret") == (error == nil))
        #expect((pair.serverWitness.code == .refused) == (error != nil), "the server is told why")
        #expect(pair.client.isActive == (error == nil))
        return error
    }

    @Test(
        "accepts a certificate of a trusted authority that names the host",
        arguments: [
            ("DNS:lorad.test", Endpoint.Host.name("lorad.test")), ("DNS:*.lorad.test", .name("a.lorad.test")),
            ("DNS:LORAD.test", .name("lorad.test")), ("DNS:a,DNS:lorad.test", .name("lorad.test")),
            ("IP:127.0.0.1", .ipv4("127.0.0.1")), ("IP:::1", .ipv6("::1")),
        ])
    func accepts(_ names: String, _ host: Endpoint.Host) throws {
        let authority = try TestCertificate(names: nil)
        #expect(try problem(TestCertificate(names: names, by: authority), trusting: authority, host) == nil)
        let itself = try TestCertificate(names: names)
        #expect(try problem(itself, trusting: itself, host) == nil)
    }

    @Test(
        "refuses the certificate of another server",
        arguments: [
            ("DNS:lorad.example", Endpoint.Host.name("lorad.test")), ("DNS:*.lorad.test", .name("lorad.test")),
            ("DNS:test", .name("lorad.test")), ("DNS:*.test", .name("lorad.test")), ("DNS:*", .name("lorad.test")),
            ("DNS:l*.lorad.test", .name("la.lorad.test")), ("DNS:*.lorad.test", .name("a.b.lorad.test")),
            ("IP:127.0.0.1", .name("lorad.test")), ("DNS:127.0.0.1", .ipv4("127.0.0.1")),
            ("IP:127.0.0.2", .ipv4("127.0.0.1")), ("IP:::2", .ipv6("::1")),
        ])
    func anotherName(_ names: String, _ host: Endpoint.Host) throws {
        let authority = try TestCertificate(names: nil)
        let error = try #require(try problem(TestCertificate(names: names, by: authority), trusting: authority, host))
        #expect(error.code == .anotherName && error.message.contains("belongs to another server"), "\(error)")
    }

    @Test("refuses a certificate that has expired, or is not valid yet", arguments: [-9 ... -2, 2...9])
    func outOfDate(_ days: ClosedRange<Int>) throws {
        let authority = try TestCertificate(names: nil)
        let error = try #require(try problem(TestCertificate(days: days, by: authority), trusting: authority))
        #expect(error.code == .outOfDate && error.message.contains("clock"), "\(error)")
    }

    @Test("refuses a certificate that it signed itself, or an authority that nobody trusts")
    func untrusted() throws {
        let (authority, stranger) = (try TestCertificate(names: nil), try TestCertificate(names: nil))
        for certificate in [try TestCertificate(), try TestCertificate(by: stranger)] {
            let error = try #require(try problem(certificate, trusting: authority))
            #expect(error.code == .untrusted && error.message.contains("no trusted authority"), "\(error)")
        }
    }

    @Test("refuses a certificate that another server's certificate has signed")
    func signedByServer() throws {
        let authority = try TestCertificate(names: nil)
        let server = try TestCertificate(names: "DNS:other.test", by: authority)
        #expect(try problem(TestCertificate(by: server), trusting: authority)?.code == .badCertificate)
    }

    @Test("speaks no TLS older than 1.2")
    func oldVersion() throws {
        let certificate = try TestCertificate()
        let server = try certificate.server(newest: 0)
        SSL_CTX_set_security_level(server.handle, 0)
        try #require(tls_set_oldest_version(server.handle, TLS1_VERSION) == 1)
        try #require(tls_set_newest_version(server.handle, TLS1_1_VERSION) == 1)
        let pair = try TLSPair(certificate.client(), server)
        try pair.exchange()
        #expect(pair.clientWitness.code == .version, "\(String(describing: pair.clientWitness.error))")
    }

    @Test("says which file holds no certificates", arguments: ["/dev/null", "/nowhere/ca.pem", "/"])
    func badFile(_ file: String) {
        let error = #expect(throws: TLSError.self) { try TLSContext.client(authorityFile: file, trustsSystem: false) }
        #expect(error?.code == .unusable && error?.message.hasPrefix("\(file): ") == true)
    }

    @Test("uses the system's file of authorities only where OpenSSL would not find it")
    func systemFile() throws {
        let usual = String(cString: try #require(X509_get_default_cert_file()))
        let debian = "/etc/ssl/certs/ca-certificates.crt"
        #expect(TLSContext.bundle(in: [:]) { $0 == usual } == nil)
        #expect(TLSContext.bundle(in: [:]) { $0 == debian } == debian)
        #expect(TLSContext.bundle(in: [:]) { _ in false } == nil)
        for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            #expect(TLSContext.bundle(in: [variable: "/mine"]) { $0 == debian } == nil)
        }
    }
}
