import CKernels
import Crypto
import CryptoExtras
import Foundation

/// The key stream of AES-256 in counter mode (NIST SP 800-38A, section 6.5), read as 32-bit words.
///
/// A key serves one stream only, so the counter begins at zero. The stream can be entered anywhere, so a vector
/// is masked piece by piece in any order.
struct KeyStream: Sendable {
    private let key: SymmetricKey

    /// The bytes made at once: they stay in the processor's second-level cache.
    static let pieceBytes = 1 << 16
    /// The 32-bit words of a piece.
    static let pieceWords = pieceBytes / 4
    /// The words in reach of a 32-bit block counter.
    static let mostWords = 1 << 34

    private static let blockBytes = 16
    private static let zeros = Data(count: pieceBytes)

    /// A stream under 32 bytes of key.
    init(key: SymmetricKey) {
        precondition(key.bitCount == 256, "the key of a mask has 256 bits")
        self.key = key
    }

    /// Up to a piece of the stream, from the word `word`, which is the first of a block (a multiple of 4).
    func bytes(from word: Int, words: Int) -> Data {
        precondition(word % 4 == 0 && words <= Self.pieceWords && word + words <= Self.mostWords)
        var counter = [UInt8](repeating: 0, count: Self.blockBytes)
        withUnsafeBytes(of: UInt32(word * 4 / Self.blockBytes).bigEndian) { counter.replaceSubrange(12..., with: $0) }
        do {
            return try AES._CTR.encrypt(
                Self.zeros.prefix(words * 4), using: key, nonce: AES._CTR.Nonce(nonceBytes: counter))
        } catch {
            preconditionFailure("AES-256 refused a key of 32 bytes: \(error)")
        }
    }

    /// Adds (or takes away) the stream's words from `word` on, modulo 2^32.
    func apply(_ sign: MaskSign, to words: UnsafeMutableBufferPointer<UInt32>, from word: Int) {
        bytes(from: word, words: words.count).withUnsafeBytes { stream in
            #if _endian(little)
                if let source = stream.baseAddress, let target = words.baseAddress {
                    return lorad_add_words(target, source, words.count, sign.factor)
                }
            #endif
            switch sign {
            case .plus:
                for index in 0..<words.count { words[index] &+= Self.word(stream, index) }
            case .minus:
                for index in 0..<words.count { words[index] &-= Self.word(stream, index) }
            }
        }
    }

    @inline(__always)
    private static func word(_ stream: UnsafeRawBufferPointer, _ index: Int) -> UInt32 {
        UInt32(littleEndian: stream.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
    }
}

/// Whether a mask is added or taken away.
enum MaskSign: Sendable {
    case plus, minus

    /// 1 or −1 modulo 2^32.
    var factor: UInt32 { self == .plus ? 1 : .max }

    var opposite: MaskSign { self == .plus ? .minus : .plus }
}
