import Crypto
import Foundation

/// How hello and welcome are encrypted: HPKE (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.
///
/// W is the worker's key, C the coordinator's pinned key, E the worker's fresh key, h = SHA-256(hello record):
///
///     hello   = header ‖ W ‖ enc₁ ‖ ct₁      enc₁, ct₁ = Auth(W → C, info "hello").seal(E ‖ token ‖ payload; header)
///     psk     = Base(C → W, info "identity" ‖ h).export                                             encapsulated as enc₂
///     welcome = header ‖ enc₂ ‖ enc₃ ‖ ct₃   enc₃, ct₃ = AuthPSK(C → E, info "welcome" ‖ h ‖ enc₂, psk).seal(body; header)
///
/// The record keys are exported from the last context. They depend on fresh keys of both ends, so that neither long-term
/// key opens them afterwards (forward secrecy), and through `psk` on the worker's key, so that a thief of the
/// coordinator's key, who could forge a hello (RFC 9180 §9.1.1), cannot use the session that it gets.
enum HandshakeCipher {
    private static let suite = HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_256)
    private static let pskName = Data("lorad/1 identity".utf8)
    private static let keyByteCount = PublicIdentity.byteCount

    static func sealHello(_ body: HelloBody, from worker: IdentityKey, to coordinator: PublicIdentity) throws -> Data {
        let header = RecordHeader(.hello).bytes
        var sender = try HPKE.Sender(
            recipientKey: try coordinator.agreementKey(), ciphersuite: suite, info: info("hello"),
            authenticatedBy: worker.agreement)
        let ciphertext = try sender.seal(body.bytes, authenticating: header)
        return header + worker.publicIdentity.bytes + sender.encapsulatedKey + ciphertext
    }

    /// Who sent a hello, and what it says; nil where it is not for this key or was changed on the way.
    static func openHello(_ record: Data, with coordinator: IdentityKey) -> (PublicIdentity, HelloBody)? {
        var reader = ByteReader(record)
        guard let header = reader.take(RecordHeader.byteCount), let workerBytes = reader.take(keyByteCount),
            let encapsulated = reader.take(keyByteCount), let worker = try? PublicIdentity(bytes: workerBytes),
            (try? PublicIdentity(bytes: encapsulated)) != nil, let workerKey = try? worker.agreementKey(),
            var recipient = try? HPKE.Recipient(
                privateKey: coordinator.agreement, ciphersuite: suite, info: info("hello"),
                encapsulatedKey: Data(encapsulated), authenticatedBy: workerKey),
            let bytes = try? recipient.open(reader.rest, authenticating: header), let body = HelloBody(bytes: bytes)
        else { return nil }
        return (worker, body)
    }

    static func sealWelcome(
        _ body: WelcomeBody, header: RecordHeader, hello: Data, from coordinator: IdentityKey,
        to worker: PublicIdentity, fresh: PublicIdentity
    ) throws -> (record: Data, keys: SessionKeys) {
        let digest = Data(SHA256.hash(data: hello))
        let identity = try HPKE.Sender(
            recipientKey: try worker.agreementKey(), ciphersuite: suite, info: info("identity", digest))
        let psk = try identity.exportSecret(context: pskName, outputByteCount: keyByteCount)
        var sender = try HPKE.Sender(
            recipientKey: try fresh.agreementKey(), ciphersuite: suite,
            info: info("welcome", digest, identity.encapsulatedKey), authenticatedBy: coordinator.agreement,
            presharedKey: psk, presharedKeyIdentifier: pskName)
        let head = header.bytes
        let ciphertext = try sender.seal(body.bytes, authenticating: head)
        let record = head + identity.encapsulatedKey + sender.encapsulatedKey + ciphertext
        return (record, try keys { try sender.exportSecret(context: $0, outputByteCount: keyByteCount) })
    }

    /// - Throws: where the welcome is not from `coordinator`, not for `worker` and `fresh`, answers another hello, or was
    ///   changed on the way.
    static func openWelcome(
        _ record: Data, hello: Data, from coordinator: PublicIdentity, with worker: IdentityKey,
        fresh: Curve25519.KeyAgreement.PrivateKey
    ) throws -> (body: Data, keys: SessionKeys) {
        var reader = ByteReader(record)
        guard let head = reader.take(RecordHeader.byteCount), let first = reader.take(keyByteCount),
            let second = reader.take(keyByteCount)
        else { throw TransportError(.malformed, "the welcome is cut short: \(record.count) bytes") }
        let digest = Data(SHA256.hash(data: hello))
        let identity = try HPKE.Recipient(
            privateKey: worker.agreement, ciphersuite: suite, info: info("identity", digest),
            encapsulatedKey: try PublicIdentity(bytes: first).bytes)
        let psk = try identity.exportSecret(context: pskName, outputByteCount: keyByteCount)
        var recipient = try HPKE.Recipient(
            privateKey: fresh, ciphersuite: suite, info: info("welcome", digest, first),
            encapsulatedKey: try PublicIdentity(bytes: second).bytes,
            authenticatedBy: try coordinator.agreementKey(), presharedKey: psk, presharedKeyIdentifier: pskName)
        let body = try recipient.open(reader.rest, authenticating: head)
        return (body, try keys { try recipient.exportSecret(context: $0, outputByteCount: keyByteCount) })
    }

    private static func keys(_ export: (Data) throws -> SymmetricKey) throws -> SessionKeys {
        SessionKeys(
            requests: .sealed(try export(info("requests"))), replies: .sealed(try export(info("replies"))))
    }

    /// The parts after the first have fixed lengths, so no two lists give the same bytes.
    private static func info(_ label: String, _ parts: Data...) -> Data {
        parts.reduce(Data("lorad/\(RecordHeader.currentVersion) \(label)\n".utf8)) { $0 + $1 }
    }
}
