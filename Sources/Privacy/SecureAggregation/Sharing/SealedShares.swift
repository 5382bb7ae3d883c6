import Crypto
import Foundation

/// Shares on their way through the coordinator: ChaCha20-Poly1305 (RFC 8439) under a key that only the two workers
/// can derive, for this round, these keys and this direction. One message is ever sealed under it, so the nonce is zero.
struct SealedShares: Sendable {
    static let byteCount = DealtShares.byteCount + 16

    private let key: SymmetricKey
    private let names: String

    /// - Throws: ``PrivacyError/Code/untrusted`` where the peer's key agrees with none (a point of small order).
    init(
        from sender: Int, to recipient: Int, roster: Roster, own: Curve25519.KeyAgreement.PrivateKey, peer: Int
    ) throws {
        let secret = try roster.agreement(own, with: peer, \.sharesKey)
        key = KeyDerivation.key(
            .sealedShares, from: secret, salt: roster.scope.context + roster.digest,
            subject: roster.workers[sender].bytes + roster.workers[recipient].bytes)
        names = "from worker \(roster.workers[sender]) to worker \(roster.workers[recipient])"
    }

    func seal(_ shares: DealtShares) throws -> Data {
        let box = try ChaChaPoly.seal(shares.bytes, using: key, nonce: Self.nonce())
        return box.ciphertext + box.tag
    }

    func open(_ sealed: Data) throws -> DealtShares {
        do {
            let box = try ChaChaPoly.SealedBox(
                nonce: Self.nonce(), ciphertext: sealed.dropLast(16), tag: sealed.suffix(16))
            return try DealtShares(try ChaChaPoly.open(box, using: key))
        } catch {
            throw PrivacyError(
                .tampered,
                "the shares \(names) were changed on the way, or are of another round: the round cannot be trusted",
                cause: error)
        }
    }

    private static func nonce() throws -> ChaChaPoly.Nonce { try ChaChaPoly.Nonce(data: Data(count: 12)) }
}

extension Roster {
    /// What a worker's own key and one of a peer's keys agree on.
    func agreement(
        _ own: Curve25519.KeyAgreement.PrivateKey, with peer: Int,
        _ key: KeyPath<Advertisement, Curve25519.KeyAgreement.PublicKey>
    ) throws -> SharedSecret {
        try own.agreement(with: keys[peer][keyPath: key], of: workers[peer])
    }
}

extension Curve25519.KeyAgreement.PrivateKey {
    /// What this key and a worker's agree on (X25519, RFC 7748).
    ///
    /// - Throws: ``PrivacyError/Code/untrusted`` for a point of small order, with which anyone agrees on zero; not
    ///   every version of the library refuses it.
    func agreement(with key: Curve25519.KeyAgreement.PublicKey, of worker: WorkerIdentity) throws -> SharedSecret {
        guard let secret = try? sharedSecretFromKeyAgreement(with: key),
            secret.withUnsafeBytes({ $0.reduce(0) { $0 | $1 } }) != 0
        else {
            throw PrivacyError(.untrusted, "worker \(worker) advertised a key with which no secret can be agreed on")
        }
        return secret
    }
}
