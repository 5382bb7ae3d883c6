import COpenSSL
import NIOCore

/// One end of a TLS connection without I/O: bytes from the network go in, bytes for the network come out.
///
/// It belongs to one event loop. OpenSSL's list of errors belongs to the thread, so each call clears it first.
final class TLSSession {
    /// Which end this is.
    enum Role {
        /// The end that connects, and the host that the peer's certificate must name.
        case client(of: Endpoint.Host)
        /// The end that accepts.
        case server
    }

    /// What a read found after the bytes that it returned.
    enum Reading {
        /// More comes later.
        case open
        /// The peer sends nothing more.
        case ended
    }

    /// Bytes of plain text in one record.
    private static let recordSize = 16 << 10

    /// OpenSSL's `SSL`.
    let handle: OpaquePointer
    /// Both belong to `handle`.
    private let incoming, outgoing: OpaquePointer

    /// - Throws: `TLSError`: `unusable`.
    init(_ context: TLSContext, _ role: Role) throws {
        ERR_clear_error()
        guard let handle = SSL_new(context.handle) else { throw TLSError.unusable("OpenSSL makes no session") }
        let (incoming, outgoing) = (BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))
        guard let incoming, let outgoing else {
            BIO_free(incoming)
            BIO_free(outgoing)
            SSL_free(handle)
            throw TLSError.unusable("OpenSSL makes no buffers")
        }
        SSL_set_bio(handle, incoming, outgoing)
        (self.handle, self.incoming, self.outgoing) = (handle, incoming, outgoing)
        switch role {
        case .server: SSL_set_accept_state(handle)
        case .client(let host):
            SSL_set_connect_state(handle)
            try expect(host)
        }
    }

    deinit { SSL_free(handle) }

    /// Takes bytes from the network; all of them are kept until they are read.
    func receive(_ bytes: ByteBuffer) throws {
        ERR_clear_error()
        try bytes.withUnsafeReadableBytes { bytes in
            var count = 0
            guard bytes.isEmpty || BIO_write_ex(incoming, bytes.baseAddress, bytes.count, &count) == 1 else {
                throw TLSError.unusable("OpenSSL has no memory for \(bytes.count) bytes")
            }
        }
    }

    /// What is to be sent; `nil` if there is nothing.
    func takeOutgoing() -> ByteBuffer? {
        let count = BIO_ctrl_pending(outgoing)
        guard count > 0 else { return nil }
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            var read = 0
            return BIO_read_ex(outgoing, space.baseAddress, count, &read) == 1 ? read : 0
        }
        return buffer
    }

    /// Goes on with the handshake.
    ///
    /// - Returns: whether it is over.
    func shakeHands() throws -> Bool {
        ERR_clear_error()
        let result = SSL_do_handshake(handle)
        guard result != 1 else { return true }
        try check(result)
        return false
    }

    /// Decrypts all that was received. What came before an error is in the buffer all the same.
    func read(into buffer: inout ByteBuffer) throws -> Reading {
        while true {
            ERR_clear_error()
            var (result, count) = (Int32(0), 0)
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.recordSize) { space in
                result = SSL_read_ex(handle, space.baseAddress, space.count, &count)
                return result == 1 ? count : 0
            }
            guard result != 1 else { continue }
            guard SSL_get_error(handle, result) != SSL_ERROR_ZERO_RETURN else { return .ended }
            try check(result)
            return .open
        }
    }

    /// Encrypts bytes into what is to be sent.
    func write(_ bytes: ByteBuffer) throws {
        guard bytes.readableBytes > 0 else { return }
        ERR_clear_error()
        try bytes.withUnsafeReadableBytes { bytes in
            var count = 0
            let result = SSL_write_ex(handle, bytes.baseAddress, bytes.count, &count)
            guard result == 1, count == bytes.count else { throw failure }
        }
    }

    /// Says that this end sends nothing more.
    func close() {
        ERR_clear_error()
        SSL_shutdown(handle)
    }

    private func expect(_ host: Endpoint.Host) throws {
        let isSet =
            switch host {
            case .any: false
            case .name(let name):
                SSL_set1_host(handle, name) == 1 && tls_ask_for_name(handle, name) == 1
            case .ipv4(let address), .ipv6(let address):
                X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), address) == 1
            }
        guard isSet else { throw TLSError.unusable("no certificate can name the host \(host)") }
        SSL_set_hostflags(handle, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    }

    /// - Throws: unless the call only lacks bytes from the network.
    private func check(_ result: Int32) throws {
        guard SSL_get_error(handle, result) == SSL_ERROR_WANT_READ else { throw failure }
    }

    private var failure: TLSError { TLSError(verification: SSL_get_verify_result(handle)) }
}
