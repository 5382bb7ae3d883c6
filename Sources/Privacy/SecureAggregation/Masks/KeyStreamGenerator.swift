import Crypto
import Foundation

/// Cryptographically secure random numbers from one key, the same on every machine.
///
/// The system's generator costs a system call for each number; this one costs an AES block for two.
struct KeyStreamGenerator: RandomNumberGenerator, Sendable {
    private let stream: KeyStream
    private var piece = Data()
    private var offset = 0
    private var word = 0

    init(key: SymmetricKey) { stream = KeyStream(key: key) }

    /// The next eight bytes, the lowest first.
    mutating func next() -> UInt64 {
        if offset + 8 > piece.count {
            piece = stream.bytes(from: word, words: 1024)
            word += 1024
            offset = 0
        }
        defer { offset += 8 }
        return piece.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
    }

    /// A number below `bound`, every one equally likely: what would favour the low numbers is thrown away.
    mutating func number(below bound: Int) -> Int {
        let bound = UInt64(bound)
        let limit = UInt64.max - UInt64.max % bound
        while true {
            let candidate = next()
            if candidate < limit { return Int(candidate % bound) }
        }
    }

    /// `count` bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: next().littleEndian) { bytes.append(contentsOf: $0) } }
        return Array(bytes.prefix(count))
    }
}
