import COpenSSL
import Foundation

/// What all TLS connections to one place share: the versions and authorities that they accept.
///
/// Nothing changes after `init`, and OpenSSL counts references atomically, so threads may share a context.
final class TLSContext: @unchecked Sendable {
    /// OpenSSL's `SSL_CTX`.
    let handle: OpaquePointer

    /// TLS 1.2 or newer, without renegotiation or resumption.
    ///
    /// - Throws: `TLSError`: `unusable`.
    init() throws {
        ERR_clear_error()
        guard let handle = SSL_CTX_new(TLS_method()) else { throw TLSError.unusable("OpenSSL does not start") }
        self.handle = handle
        guard tls_set_oldest_version(handle, TLS1_2_VERSION) == 1 else {
            throw TLSError.unusable("OpenSSL offers no TLS 1.2")
        }
        tls_forbid_renegotiation(handle)
        tls_free_idle_buffers(handle)
        tls_keep_no_sessions(handle)
    }

    deinit { SSL_CTX_free(handle) }

    /// A client that speaks HTTP/1.1 and trusts the system's authorities. Reading these takes some 50 ms, and they stay in
    /// memory, so all such clients share them.
    ///
    /// - Throws: `TLSError`: `unusable`.
    static func client() throws -> TLSContext { try systemClient.get() }

    private static let systemClient = Result { try client(authorityFile: nil, trustsSystem: true) }

    /// A client that speaks HTTP/1.1.
    ///
    /// - Parameters:
    ///   - authorityFile: a PEM file with certificates of authorities to trust.
    ///   - trustsSystem: whether to trust the system's authorities too.
    /// - Throws: `TLSError`: `unusable`, with the file's name.
    static func client(authorityFile: String?, trustsSystem: Bool) throws -> TLSContext {
        let context = try TLSContext()
        SSL_CTX_set_verify(context.handle, SSL_VERIFY_PEER, nil)
        let name = Array("http/1.1".utf8)
        let offer = [UInt8(name.count)] + name
        // Unlike other calls, this one returns 0 on success.
        guard SSL_CTX_set_alpn_protos(context.handle, offer, UInt32(offer.count)) == 0 else {
            throw TLSError.unusable("OpenSSL cannot offer HTTP/1.1")
        }
        if trustsSystem { try context.trustSystem() }
        if let authorityFile { try context.trust(authorityFile) }
        return context
    }

    private func trustSystem() throws {
        guard SSL_CTX_set_default_verify_paths(handle) == 1 else {
            throw TLSError.unusable("the system's authorities cannot be used")
        }
        if let bundle = Self.bundle(in: ProcessInfo.processInfo.environment) { try trust(bundle) }
    }

    private func trust(_ file: String) throws {
        ERR_clear_error()
        guard SSL_CTX_load_verify_file(handle, file) == 1 else {
            throw TLSError.unusable("\(file): cannot be used: expected certificates in PEM")
        }
    }

    /// The system's file of authorities, if OpenSSL does not look for it itself.
    ///
    /// OpenSSL's own folder has a link to the file, but a container with only the library and the file has no such link.
    static func bundle(
        in environment: [String: String], isFile: (String) -> Bool = FileManager.default.fileExists(atPath:)
    ) -> String? {
        let variables = [X509_get_default_cert_file_env(), X509_get_default_cert_dir_env()]
        guard !variables.contains(where: { $0.map { environment[String(cString: $0)] != nil } ?? false }) else {
            return nil
        }
        if let usual = X509_get_default_cert_file(), isFile(String(cString: usual)) { return nil }
        return ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"].first(where: isFile)
    }
}
