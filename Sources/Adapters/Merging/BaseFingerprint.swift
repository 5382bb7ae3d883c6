public import Models
import Tensors

/// Identifies a base model: a hash of the names, types, shapes and sampled values of all its tensors. It does not
/// depend on the naming scheme or the shards in which they are stored.
///
/// Rows that were added to the embeddings do not count. It protects against mistakes, not against malice: only 16 KiB
/// of each tensor are read.
public struct BaseFingerprint: Sendable, Equatable, CustomStringConvertible {
    /// 16 hexadecimal digits.
    public let description: String

    private static let blocks = 4
    private static let blockBytes = 4_096

    /// The fingerprint of a model's weights.
    public init(_ checkpoint: Checkpoint) {
        var hash: UInt64 = 0
        for name in checkpoint.names {
            guard let tensor = checkpoint.original(name) else { continue }
            hash = SplitMix64.mixed(hash, SplitMix64.hash("\(name) \(tensor.dtype.rawValue) \(tensor.shape)"))
            hash = tensor.withBytes { Self.samples($0, hash) }
        }
        let digits = String(hash, radix: 16)
        description = String(repeating: "0", count: 16 - digits.count) + digits
    }

    init(digits: String) { description = digits }

    /// Blocks at even distances, the first and the last bytes included.
    private static func samples(_ bytes: UnsafeRawBufferPointer, _ start: UInt64) -> UInt64 {
        let span = max(0, bytes.count - blockBytes)
        var hash = start
        for offset in (0..<blocks).map({ span * $0 / (blocks - 1) }) {
            let block = UnsafeRawBufferPointer(rebasing: bytes[offset..<min(offset + blockBytes, bytes.count)])
            for word in stride(from: 0, to: block.count - block.count % 8, by: 8) {
                hash = SplitMix64.mixed(
                    hash, UInt64(littleEndian: block.loadUnaligned(fromByteOffset: word, as: UInt64.self)))
            }
            for byte in block.suffix(block.count % 8) { hash = SplitMix64.mixed(hash, UInt64(byte)) }
        }
        return hash
    }
}

extension SplitMix64 {
    fileprivate static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        var generator = SplitMix64(seed: hash ^ word)
        return generator.next()
    }
}
