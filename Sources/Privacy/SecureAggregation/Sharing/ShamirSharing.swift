import Crypto

/// Shamir's secret sharing (How to share a secret, 1979): any `threshold` shares give the secret, fewer give nothing.
///
/// Each byte has a polynomial of its own over ``GaloisField``. A field of bytes holds any 32-byte secret as it is,
/// needs no arithmetic of large numbers whose time could tell something, and allows 255 holders: more than the
/// neighbours a worker has. The sharing alone does not tell a false share from a true one; the signature that
/// travels with each share does (``DealtShares``), and what is recovered is compared with its owner's commitment.
enum ShamirSharing {
    /// The most holders of one secret.
    static let mostShares = 255

    /// The share of holder `point` in 1…255: the value there of each byte's polynomial.
    struct Share: Sendable, Equatable {
        let point: UInt8
        let bytes: [UInt8]
    }

    /// The shares of the holders 1…count.
    static func split(
        _ secret: [UInt8], threshold: Int, count: Int, randomness: SymmetricKey
    ) -> [Share] {
        precondition(threshold >= 1 && threshold <= count && count <= mostShares)
        var generator = KeyStreamGenerator(key: randomness)
        // coefficients[j] are those of x^(j+1), one for each byte of the secret.
        let coefficients = (1..<threshold).map { _ in generator.bytes(secret.count) }
        return (1...count).map { holder in
            let point = UInt8(holder)
            var bytes = [UInt8](repeating: 0, count: secret.count)
            for row in coefficients.reversed() {
                for index in bytes.indices { bytes[index] = GaloisField.multiply(bytes[index] ^ row[index], point) }
            }
            for index in bytes.indices { bytes[index] ^= secret[index] }
            return Share(point: point, bytes: bytes)
        }
    }

    /// The secret, by interpolation at zero; nil unless the points are different and not zero, and the lengths equal.
    static func recover(_ shares: [Share]) -> [UInt8]? {
        let points = shares.map(\.point)
        guard let length = shares.first?.bytes.count, Set(points).count == points.count, !points.contains(0),
            shares.allSatisfy({ $0.bytes.count == length })
        else { return nil }
        var secret = [UInt8](repeating: 0, count: length)
        for share in shares {
            let weight = basis(at: share.point, among: points)
            for index in secret.indices { secret[index] ^= GaloisField.multiply(weight, share.bytes[index]) }
        }
        return secret
    }

    /// Lagrange's polynomial of `point`, at zero: Π xⱼ / (xⱼ − x), where minus is plus.
    private static func basis(at point: UInt8, among points: [UInt8]) -> UInt8 {
        points.filter { $0 != point }.reduce(1) { product, other in
            GaloisField.multiply(product, GaloisField.multiply(other, GaloisField.inverse(other ^ point)))
        }
    }
}
