import Crypto
public import Foundation

extension MaskedVector {
    /// Header and chunks in one piece, as `SecureAggregationServer.fold(encoded:)` reads them: the header's length in
    /// four bytes, the header, then the chunks without gaps.
    public var encoded: Data {
        var bytes = Data(capacity: 4 + header.count + byteCount)
        bytes.append(littleEndian: UInt32(header.count))
        bytes.append(header)
        for index in 0..<chunkCount { bytes.append(chunk(index)) }
        return bytes
    }
}

extension SecureAggregationConfiguration {
    /// The bytes of an encoded masked vector of a worker that complains of nobody; each complaint takes
    /// ``complaintBytes`` more.
    public var encodedVectorBytes: Int {
        let header =
            MessageHeader.byteCount + WorkerIdentity.byteCount + 4 + SignedMessage.signatureBytes
            + 4 + SHA256.byteCount * PackedElements.chunkCount(elements) + SignedMessage.signatureBytes
        return 4 + header + PackedElements.byteCount(elements, bits: bits)
    }

    static let complaintBytes = 4
}

extension SecureAggregationServer {
    /// Adds a worker's masked vector, in one piece, to the sum.
    ///
    /// - Throws: As `fold(_:chunk:)`; ``PrivacyError/Code/malformed`` for bytes of another length.
    @discardableResult
    public mutating func fold(encoded bytes: Data) throws -> WorkerIdentity {
        let expected = configuration.encodedVectorBytes
        let complaints = bytes.count - expected
        let each = SecureAggregationConfiguration.complaintBytes
        guard complaints >= 0, complaints % each == 0, complaints / each < configuration.mostWorkers else {
            throw PrivacyError(.malformed, "a masked vector has \(expected) bytes here, not \(bytes.count)")
        }
        let length = Int(bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) })
        let packed = PackedElements.byteCount(configuration.elements, bits: configuration.bits)
        guard length == bytes.count - 4 - packed else {
            throw PrivacyError(.malformed, "the header of a masked vector has \(length) bytes")
        }
        let start = bytes.startIndex + 4
        let elements = bytes[(start + length)...]
        let (count, bits) = (configuration.elements, configuration.bits)
        return try fold(Data(bytes[start..<start + length])) { index in
            let range = PackedElements.range(ofChunk: index, of: count)
            let offset = elements.startIndex + range.lowerBound * bits / 8
            return Data(elements[offset..<offset + PackedElements.byteCount(range.count, bits: bits)])
        }
    }
}
