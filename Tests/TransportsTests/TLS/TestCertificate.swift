import COpenSSL
import Foundation
import Testing

@testable import Transports

/// A certificate with its key, good or bad.
final class TestCertificate {
    private let certificate, key: OpaquePointer
    private let issuer: TestCertificate?

    /// - Parameters:
    ///   - names: what it is for, such as `DNS:lorad.test,IP:127.0.0.1`; `nil` for an authority.
    ///   - days: when it is valid, counted from today.
    ///   - issuer: who signs it; itself unless given.
    init(names: String? = "DNS:lorad.test", days: ClosedRange<Int> = -1...1, by issuer: TestCertificate? = nil) throws {
        let key = try Self.makeKey()
        let certificate = try #require(X509_new())
        (self.key, self.certificate, self.issuer) = (key, certificate, issuer)
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1...1 << 40))
        X509_gmtime_adj(X509_getm_notBefore(certificate), days.lowerBound * 86_400)
        X509_gmtime_adj(X509_getm_notAfter(certificate), days.upperBound * 86_400)
        X509_set_pubkey(certificate, key)
        let subject = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(subject, "CN", 0x1001, names ?? "Hospital", -1, -1, 0)
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer?.certificate ?? certificate))
        if let names { try extend(NID_subject_alt_name, names) } else { try extend(NID_basic_constraints, "CA:TRUE") }
        try #require(X509_sign(certificate, issuer?.key ?? key, EVP_sha256()) > 0)
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// A server's context that shows it, and who signed it.
    ///
    /// - Parameter newest: the newest version of TLS that it speaks, 0 for any.
    func server(newest: Int32 = 0) throws -> TLSContext {
        let context = try TLSContext()
        try #require(SSL_CTX_use_certificate(context.handle, certificate) == 1)
        try #require(SSL_CTX_use_PrivateKey(context.handle, key) == 1)
        if let issuer {
            let pointer = UnsafeMutableRawPointer(issuer.certificate)
            try #require(SSL_CTX_ctrl(context.handle, SSL_CTRL_CHAIN_CERT, 1, pointer) == 1)
        }
        try #require(tls_set_newest_version(context.handle, newest) == 1)
        return context
    }

    /// A client's context that trusts it and nobody else.
    func client() throws -> TLSContext {
        let file = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString).pem")
        defer { try? FileManager.default.removeItem(at: file) }
        try pem().write(to: file)
        return try TLSContext.client(authorityFile: file.path, trustsSystem: false)
    }

    /// The certificate as a PEM file has it.
    func pem() throws -> Data {
        let buffer = try #require(BIO_new(BIO_s_mem()))
        defer { BIO_free(buffer) }
        try #require(PEM_write_bio_X509(buffer, certificate) == 1)
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(buffer))
        try #require(BIO_read(buffer, &bytes, Int32(bytes.count)) == Int32(bytes.count))
        return Data(bytes)
    }

    private func extend(_ kind: Int32, _ value: String) throws {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, certificate, certificate, nil, nil, 0)
        let addition = try #require(X509V3_EXT_conf_nid(nil, &context, kind, value))
        defer { X509_EXTENSION_free(addition) }
        try #require(X509_add_ext(certificate, addition, -1) == 1)
    }

    private static func makeKey() throws -> OpaquePointer {
        let maker = try #require(EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil))
        defer { EVP_PKEY_CTX_free(maker) }
        try #require(EVP_PKEY_keygen_init(maker) == 1)
        try #require(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(maker, NID_X9_62_prime256v1) == 1)
        var key: OpaquePointer?
        try #require(EVP_PKEY_keygen(maker, &key) == 1)
        return try #require(key)
    }
}
