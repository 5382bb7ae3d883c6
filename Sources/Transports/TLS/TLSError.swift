import COpenSSL

/// Why a TLS connection failed.
struct TLSError: Error, Equatable, CustomStringConvertible {
    /// The kind of failure.
    enum Code: Equatable {
        /// No trusted authority signed the server's certificate.
        case untrusted
        /// The server's certificate belongs to another server.
        case anotherName
        /// The server's certificate has expired, or is not valid yet.
        case outOfDate
        /// The server's certificate has some other fault.
        case badCertificate
        /// The peer does not speak TLS.
        case notTLS
        /// The peer speaks no version that this end accepts.
        case version
        /// The peer gave up, and said why.
        case refused
        /// The peer broke the protocol.
        case malformed
        /// The connection ended before the peer said that it would.
        case cutOff
        /// A file or library of this machine cannot be used.
        case unusable
    }

    let code: Code
    /// What happened, in a sentence without a full stop.
    let message: String

    var description: String { message }

    static let cutOff = TLSError(code: .cutOff, message: "the connection was cut off without TLS's closing message")

    /// OpenSSL says why, if it knows.
    static func unusable(_ message: String) -> TLSError {
        let reason = OpenSSLReason.first.map { " (\($0.text))" } ?? ""
        return TLSError(code: .unusable, message: message + reason)
    }

    /// The failure of a call, by what OpenSSL has left on this thread.
    ///
    /// - Parameter verification: the result of checking the peer's certificate.
    init(verification: Int) {
        let reason = OpenSSLReason.first
        if verification != Int(X509_V_OK) {
            self.init(certificate: Int32(truncatingIfNeeded: verification))
        } else if let alert = reason?.alert {
            self.init(alert: alert)
        } else {
            self.init(reason)
        }
    }

    init(code: Code, message: String) { (self.code, self.message) = (code, message) }

    private init(certificate result: Int32) {
        let reason = X509_verify_cert_error_string(Int(result)).map { String(cString: $0) } ?? "error \(result)"
        switch result {
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            self.init(code: .anotherName, message: "the certificate belongs to another server (\(reason))")
        case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID:
            self.init(
                code: .outOfDate,
                message: "the certificate is not valid at the time of this machine's clock (\(reason))")
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_CERT_SIGNATURE_FAILURE:
            self.init(code: .untrusted, message: "no trusted authority signed the certificate (\(reason))")
        default: self.init(code: .badCertificate, message: "the certificate cannot be accepted (\(reason))")
        }
    }

    private init(alert: Int32) {
        let text = SSL_alert_desc_string_long(alert).map { String(cString: $0) } ?? "number \(alert)"
        if alert == TLS1_AD_PROTOCOL_VERSION {
            self.init(code: .version, message: "the peer speaks neither TLS 1.2 nor 1.3 (\(text))")
        } else {
            self.init(code: .refused, message: "the peer ended the connection with the TLS alert \"\(text)\"")
        }
    }

    private init(_ reason: OpenSSLReason?) {
        let text = reason.map { " (\($0.text))" } ?? ""
        switch reason?.number {
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST:
            self.init(code: .notTLS, message: "the peer does not speak TLS\(text)")
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_NO_PROTOCOLS_AVAILABLE:
            self.init(code: .version, message: "the peer speaks neither TLS 1.2 nor 1.3\(text)")
        default: self.init(code: .malformed, message: "the peer broke the TLS protocol\(text)")
        }
    }
}

/// An entry in OpenSSL's list of what went wrong on this thread.
private struct OpenSSLReason {
    private let code: UInt

    /// The first entry, which is nearest to the cause; the others follow from it.
    static var first: OpenSSLReason? {
        let code = ERR_peek_error()
        return code == 0 ? nil : OpenSSLReason(code: code)
    }

    var text: String { ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)" }

    /// The reason, if it is one of TLS's.
    var number: Int32? { ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : nil }

    /// The alert, if the peer sent one.
    var alert: Int32? {
        guard let number, number > SSL_AD_REASON_OFFSET else { return nil }
        return number - SSL_AD_REASON_OFFSET
    }
}
