import Crypto
import Foundation

/// A worker's secrets of one round, all derived from one fresh secret, so that tests can repeat a round.
struct RoundSecrets: Sendable {
    /// Opens the shares of others.
    let sharesKey: Curve25519.KeyAgreement.PrivateKey
    /// Agrees on the pairwise masks.
    let maskingKey: Curve25519.KeyAgreement.PrivateKey
    /// Of the own mask.
    let seed: SymmetricKey
    /// This worker's part in the draw of the graph.
    let opening: Data
    private let root: SymmetricKey
    private let context: Data

    init(_ root: SymmetricKey, context: Data) throws {
        self.root = root
        self.context = context
        sharesKey = try Self.privateKey(.sharesKey, root, context)
        maskingKey = try Self.privateKey(.maskingKey, root, context)
        seed = KeyDerivation.key(.selfMask, from: root, salt: context)
        opening = Data(KeyDerivation.key(.opening, from: root, salt: context).bytes)
    }

    /// The randomness of a secret's polynomials; another list of keys has other polynomials.
    func polynomials(_ purpose: KeyDerivation.Purpose, roster: Data) -> SymmetricKey {
        KeyDerivation.key(purpose, from: root, salt: context, subject: roster)
    }

    private static func privateKey(
        _ purpose: KeyDerivation.Purpose, _ root: SymmetricKey, _ context: Data
    ) throws -> Curve25519.KeyAgreement.PrivateKey {
        try Curve25519.KeyAgreement.PrivateKey(
            rawRepresentation: KeyDerivation.key(purpose, from: root, salt: context).bytes)
    }
}
