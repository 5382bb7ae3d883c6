import Crypto
import Foundation

/// HKDF-SHA256 (RFC 5869) with a label for each use, so that no two uses share a key.
enum KeyDerivation {
    /// What a key is for.
    enum Purpose: String {
        case sharesKey = "private key that opens shares"
        case maskingKey = "private key of pairwise masks"
        case selfMask = "seed of the own mask"
        case seedShares = "polynomials of the own mask's seed"
        case keyShares = "polynomials of the masking key"
        case sealedShares = "shares from one worker to another"
        case pairwiseMask = "mask of a pair"
        case ownMask = "mask of one worker"
        case opening = "part in the draw of the graph"
        case graph = "edges of the graph"
    }

    /// 32 bytes derived from `secret`, for one purpose, bound to `salt` (the round) and to `subject`.
    static func key(
        _ purpose: Purpose, from secret: SymmetricKey, salt: Data, subject: Data = Data()
    ) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: secret, salt: salt, info: info(purpose, subject), outputByteCount: 32)
    }

    /// The same from the secret that two key pairs agree on.
    static func key(_ purpose: Purpose, from secret: SharedSecret, salt: Data, subject: Data) -> SymmetricKey {
        secret.hkdfDerivedSymmetricKey(
            using: SHA256.self, salt: salt, sharedInfo: info(purpose, subject), outputByteCount: 32)
    }

    private static func info(_ purpose: Purpose, _ subject: Data) -> Data {
        Data("lorad secure aggregation 1: \(purpose.rawValue)".utf8) + [0] + subject
    }
}

extension SymmetricKey {
    /// The key's bytes.
    var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}
