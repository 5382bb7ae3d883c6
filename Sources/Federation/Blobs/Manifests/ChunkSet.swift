public import Foundation

/// A set of a blob's chunks: one bit each.
public struct ChunkSet: Hashable, Sendable {
    /// Number of chunks of the blob.
    public let chunkCount: Int
    /// Number of chunks in the set.
    public private(set) var count = 0
    private var words: [UInt64]

    /// The empty set of a blob's chunks.
    public init(chunkCount: Int) {
        self.chunkCount = chunkCount
        words = Array(repeating: 0, count: (chunkCount + 63) / 64)
    }

    /// Every chunk of a blob.
    public init(all chunkCount: Int) {
        self.init(chunkCount: chunkCount)
        for index in 0..<chunkCount { insert(index) }
    }

    /// Whether a chunk is in the set.
    public func contains(_ index: Int) -> Bool {
        index >= 0 && index < chunkCount && words[index / 64] & Self.bit(index) != 0
    }

    /// Adds a chunk.
    ///
    /// - Returns: Whether it was missing.
    @discardableResult public mutating func insert(_ index: Int) -> Bool {
        precondition(index >= 0 && index < chunkCount, "chunk \(index) of \(chunkCount)")
        guard !contains(index) else { return false }
        words[index / 64] |= Self.bit(index)
        count += 1
        return true
    }

    /// Takes a chunk out.
    public mutating func remove(_ index: Int) {
        guard contains(index) else { return }
        words[index / 64] &= ~Self.bit(index)
        count -= 1
    }

    /// The chunks in the set, in order.
    public var indices: [Int] { (0..<chunkCount).filter(contains) }

    /// The chunks that are not in the set.
    public var complement: ChunkSet {
        var result = ChunkSet(chunkCount: chunkCount)
        for index in 0..<chunkCount where !contains(index) { result.insert(index) }
        return result
    }

    private static func bit(_ index: Int) -> UInt64 { 1 << UInt64(index % 64) }
}

extension ChunkSet {
    /// A bit a chunk, from the lowest bit of the first byte on; the bits after the last chunk are zero.
    public var encoded: Data {
        let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        return Data(bytes.prefix((chunkCount + 7) / 8))
    }

    /// Reads the encoding of a set of a blob with `chunkCount` chunks.
    ///
    /// - Throws: `FederationError.protocolViolation` for another length or a chunk that does not exist.
    public init(decoding data: Data, chunkCount: Int) throws {
        guard data.count == (chunkCount + 7) / 8 else {
            throw FederationError(
                .protocolViolation, "a set of \(chunkCount) chunks has \((chunkCount + 7) / 8) bytes, not \(data.count)"
            )
        }
        self.init(chunkCount: chunkCount)
        for (offset, byte) in data.enumerated() {
            for bit in 0..<8 where byte & (1 << bit) != 0 {
                guard offset * 8 + bit < chunkCount else {
                    throw FederationError(.protocolViolation, "a set of \(chunkCount) chunks names one beyond the last")
                }
                insert(offset * 8 + bit)
            }
        }
    }
}
