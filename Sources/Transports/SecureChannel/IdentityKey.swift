public import Crypto
import Foundation

/// The identity of a worker or a coordinator: an X25519 key pair (RFC 7748).
///
/// `IdentityKey(loadingOrCreating:)` keeps it in a file. The private half never leaves the process otherwise.
public struct IdentityKey: Sendable {
    let agreement: Curve25519.KeyAgreement.PrivateKey

    /// Makes a new pair from the system's randomness.
    public init() { agreement = Curve25519.KeyAgreement.PrivateKey() }

    /// Takes a private key.
    ///
    /// - Throws: `TransportError.invalidKey` where it does not have 32 bytes.
    init(privateBytes: Data) throws {
        do {
            agreement = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: privateBytes)
        } catch {
            throw TransportError(.invalidKey, "a private key has 32 bytes; this one has \(privateBytes.count)")
        }
    }

    /// A key for another purpose that follows from this one (HKDF-SHA256, RFC 5869) and tells nothing of it.
    ///
    /// - Parameter purpose: what it is for; different purposes give independent keys.
    public func derivedKey(for purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: agreement.rawRepresentation), salt: Data("lorad derived key 1".utf8),
            info: Data(purpose.utf8), outputByteCount: 32)
    }

    /// The half that others may know.
    public var publicIdentity: PublicIdentity { PublicIdentity(agreement.publicKey) }
}

extension IdentityKey: CustomStringConvertible {
    /// The fingerprint of the public half, so that printing a key never shows the private one.
    public var description: String { "identity key \(publicIdentity.fingerprint)" }
}
