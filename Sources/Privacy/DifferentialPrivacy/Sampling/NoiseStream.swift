import Crypto
import Foundation

/// Cryptographically secure words for noise: the key stream of AES-256 in counter mode under a key of its own.
///
/// Noise takes some ten words a value, too many for a system call each.
struct NoiseStream: RandomNumberGenerator {
    private let stream: KeyStream
    private var words: [UInt64] = []
    private var used = 0
    private var position = 0

    /// The words made at once: they stay in the first-level cache.
    private static let pieceWords = 2048

    /// The stream of one key: 32 fresh bytes of the system's secure generator, unless given.
    init(key: SymmetricKey = SymmetricKey(size: .bits256)) { stream = KeyStream(key: key) }

    /// One of a key's independent streams, so that threads draw noise side by side, and as many as there are make
    /// no difference.
    init(key: SymmetricKey, stretch: Int) {
        let label = Data("lorad differential privacy 1: noise of a stretch".utf8)
        let subject = withUnsafeBytes(of: UInt64(truncatingIfNeeded: stretch).littleEndian) { Data($0) }
        self.init(
            key: HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: label + [0] + subject, outputByteCount: 32))
    }

    /// The next word.
    @inline(__always)
    mutating func next() -> UInt64 {
        if used == words.count { refill() }
        defer { used += 1 }
        return words[used]
    }

    private mutating func refill() {
        // A stream has 2^33 words of its own; a stretch takes some thousands.
        let bytes = stream.bytes(from: position, words: 2 * Self.pieceWords)
        position += 2 * Self.pieceWords
        words = bytes.withUnsafeBytes { raw in
            (0..<Self.pieceWords).map {
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
            }
        }
        used = 0
    }
}
