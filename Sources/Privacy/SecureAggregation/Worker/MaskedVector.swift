public import Foundation

/// A worker's masked vector, ready to be sent: whoever lacks a mask sees bytes that are uniformly random.
public struct MaskedVector: Sendable {
    /// The signed message that goes ahead of the chunks.
    public let header: Data
    private let elements: [UInt32]
    private let bits: Int

    init(
        _ elements: [UInt32], bits: Int, pledge: Data, unopened: [Int], sign: (MaskedInput) throws -> Data
    ) rethrows {
        self.elements = elements
        self.bits = bits
        let digests = (0..<PackedElements.chunkCount(elements.count)).map {
            MaskedInput.digest(of: Self.pack(elements, $0, bits))
        }
        header = try sign(MaskedInput(digests: digests, pledge: pledge, unopened: unopened))
    }

    /// The number of chunks.
    public var chunkCount: Int { PackedElements.chunkCount(elements.count) }

    /// The bytes of all chunks.
    public var byteCount: Int { PackedElements.byteCount(elements.count, bits: bits) }

    /// The packed elements of chunk `index` in 0..<chunkCount; packed anew at each call, so only one is held.
    public func chunk(_ index: Int) -> Data { Self.pack(elements, index, bits) }

    private static func pack(_ elements: [UInt32], _ index: Int, _ bits: Int) -> Data {
        elements.withUnsafeBufferPointer {
            let range = PackedElements.range(ofChunk: index, of: $0.count)
            return PackedElements.pack(UnsafeBufferPointer(rebasing: $0[range]), bits: bits)
        }
    }
}
