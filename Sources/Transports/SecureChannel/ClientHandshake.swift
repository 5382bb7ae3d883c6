import Crypto
public import Foundation
import Synchronization

/// The worker's side of a handshake: send `hello`, give the answer to `finish`.
///
/// Each handshake makes one session at most; a new one is needed after a failure that lasts.
public final class ClientHandshake: Sendable {
    /// The bytes to send.
    public let hello: Data

    private let identity: IdentityKey
    private let coordinator: JoinLine.Coordinator
    /// The fresh private key; gone once there is a session, because a second one would use the same keys and nonces.
    private let secret: Mutex<Curve25519.KeyAgreement.PrivateKey?>

    /// Begins a handshake.
    ///
    /// - Parameters:
    ///   - identity: the worker's key.
    ///   - coordinator: whom the answer must come from.
    ///   - token: what admits a new worker; it does no harm where the worker is enrolled already.
    ///   - payload: bytes for the coordinator's `authorize`, at most 60 KiB. They can be read by whoever gets hold of the
    ///     coordinator's private key later, as the token can; what is sent in the session cannot.
    /// - Throws: `TransportError.tooLarge` for a longer payload.
    public init(
        identity: IdentityKey, coordinator: JoinLine.Coordinator, token: JoinToken?, payload: Data = Data()
    ) throws {
        try HandshakeLimits.check(payload: payload)
        let fresh = Curve25519.KeyAgreement.PrivateKey()
        let body = HelloBody(fresh: fresh.publicKey.rawRepresentation, token: token, payload: payload)
        switch coordinator {
        case .pinned(let key): hello = try HandshakeCipher.sealHello(body, from: identity, to: key)
        case .insecure: hello = RecordHeader(.plainHello).bytes + identity.publicIdentity.bytes + body.bytes
        }
        self.identity = identity
        self.coordinator = coordinator
        secret = Mutex(fresh)
    }

    /// The session, and the bytes that the coordinator gave with it.
    ///
    /// - Throws: `TransportError`: `revoked`, `expired` or `refused` where the coordinator says no (the cause is its
    ///   `Refusal`, which is authenticated unless the handshake is insecure); `untrusted` where the answer is not from
    ///   the pinned key; `malformed`; `closed` where the handshake made its session. Where the answer is a `Notice`, which
    ///   anyone could have made up, that is the cause; the handshake can then still be finished with a genuine answer.
    public func finish(_ welcome: Data) throws -> (session: ClientSession, payload: Data) {
        if let notice = Notice(of: welcome) { throw notice.error() }
        guard welcome.count <= HandshakeLimits.record, let header = RecordHeader(of: welcome),
            header.version == RecordHeader.currentVersion, header.kind == welcomeKind
        else {
            throw TransportError(.malformed, "the answer to the hello is no welcome (\(welcome.count) bytes)")
        }
        return try secret.withLock { secret in
            guard let fresh = secret else {
                throw TransportError(.closed, "this handshake is finished: begin another")
            }
            let (bytes, keys) = try open(welcome, fresh)
            let payload = try Self.payload(bytes)
            secret = nil
            return (ClientSession(id: header.session, keys: keys), payload)
        }
    }

    private var welcomeKind: RecordKind { coordinator == .insecure ? .plainWelcome : .welcome }

    private func open(
        _ welcome: Data, _ fresh: Curve25519.KeyAgreement.PrivateKey
    ) throws -> (body: Data, keys: SessionKeys) {
        guard case .pinned(let key) = coordinator else { return (try openPlain(welcome), .plain) }
        do {
            return try HandshakeCipher.openWelcome(welcome, hello: hello, from: key, with: identity, fresh: fresh)
        } catch {
            throw TransportError(
                .untrusted,
                "the welcome is not from the coordinator whose key the join line pins (\(key.fingerprint)), "
                    + "or was changed on the way", cause: error)
        }
    }

    /// Without encryption the welcome repeats the hello's digest, so that an answer to another hello is not taken.
    private func openPlain(_ welcome: Data) throws -> Data {
        var reader = ByteReader(welcome.dropFirst(RecordHeader.byteCount))
        guard reader.take(SHA256.byteCount) == Data(SHA256.hash(data: hello)) else {
            throw TransportError(.untrusted, "the welcome answers another hello")
        }
        return reader.rest
    }

    private static func payload(_ bytes: Data) throws -> Data {
        switch WelcomeBody(bytes: bytes) {
        case .accepted(let payload): return payload
        case .refused(let refusal): throw refusal.error()
        case nil: throw TransportError(.malformed, "the welcome cannot be read; run the same release at both ends")
        }
    }
}
