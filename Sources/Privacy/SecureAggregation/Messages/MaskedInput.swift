import Crypto
import Foundation

/// What a worker signs of its masked vector: SHA-256 of each packed chunk, and whom it masked with.
struct MaskedInput: Sendable, Equatable {
    let digests: [Data]
    /// The worker's signature of the list of those that shared: its vector has a mask with each neighbour in that list.
    let pledge: Data

    init(digests: [Data], pledge: Data) {
        self.digests = digests
        self.pledge = pledge
    }

    init(_ body: Data, chunks: Int) throws {
        var reader = MessageReader(body, of: MessageKind.maskedInput.name)
        let count = try reader.count(itemBytes: SHA256.byteCount)
        guard count == chunks else {
            throw reader.malformed("it has \(count) chunks, and the vector has \(chunks)")
        }
        digests = try (0..<count).map { _ in try reader.take(SHA256.byteCount) }
        pledge = try reader.take(SignedMessage.signatureBytes)
        try reader.finish()
    }

    var body: Data {
        var bytes = Data()
        bytes.append(littleEndian: UInt32(digests.count))
        for digest in digests { bytes.append(digest) }
        return bytes + pledge
    }

    static func digest(of chunk: Data) -> Data { Data(SHA256.hash(data: chunk)) }
}
