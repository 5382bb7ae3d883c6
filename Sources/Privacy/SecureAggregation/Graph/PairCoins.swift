import Crypto
import Foundation

/// Coins that fall on heads with one probability, the same on every machine for the same seed.
///
/// A coin compares a 32-bit number with a bound, its highest byte first, and takes the next byte only while the bytes
/// are equal: so it costs little more than a byte of the key stream.
struct PairCoins {
    private var generator: KeyStreamGenerator
    private var word: UInt64 = 0
    private var bytesLeft = 0
    private let bound: UInt32

    /// Coins of probability heads / all, rounded up to a multiple of 2⁻³². Requires 0 ≤ heads < all < 2³¹.
    init(heads: Int, of all: Int, seed: Data) {
        generator = KeyStreamGenerator(
            key: KeyDerivation.key(.graph, from: SymmetricKey(data: seed), salt: Data()))
        bound = UInt32(clamping: ((UInt64(heads) << 32) + UInt64(all) - 1) / UInt64(all))
    }

    /// Whether the next coin falls on heads.
    mutating func next() -> Bool {
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            let drawn = byte()
            let limit = UInt8(truncatingIfNeeded: bound >> shift)
            if drawn != limit { return drawn < limit }
        }
        return false
    }

    private mutating func byte() -> UInt8 {
        if bytesLeft == 0 { (word, bytesLeft) = (generator.next(), 8) }
        defer { (word, bytesLeft) = (word >> 8, bytesLeft - 1) }
        return UInt8(truncatingIfNeeded: word)
    }
}
