import Crypto
import Foundation

/// What a worker signs of its masked vector: SHA-256 of each packed chunk, whom it masked with, and whose shares it could
/// not open.
struct MaskedInput: Sendable, Equatable {
    let digests: [Data]
    /// The worker's signature of the list of those that shared: its vector has a mask with each neighbour in that list.
    let pledge: Data
    /// The numbers of the neighbours whose shares did not open, rising: complaints against them. Without any, they take no
    /// byte of the message.
    let unopened: [Int]

    init(digests: [Data], pledge: Data, unopened: [Int] = []) {
        self.digests = digests
        self.pledge = pledge
        self.unopened = unopened
    }

    init(_ body: Data, chunks: Int) throws {
        var reader = MessageReader(body, of: MessageKind.maskedInput.name)
        let count = try reader.count(itemBytes: SHA256.byteCount)
        guard count == chunks else {
            throw reader.malformed("it has \(count) chunks, and the vector has \(chunks)")
        }
        digests = try (0..<count).map { _ in try reader.take(SHA256.byteCount) }
        pledge = try reader.take(SignedMessage.signatureBytes)
        var unopened: [Int] = []
        while reader.remaining > 0 {
            let dealer = Int(try reader.integer(UInt32.self))
            guard dealer > unopened.last ?? -1 else {
                throw reader.malformed("the workers that it complains of are not in order")
            }
            unopened.append(dealer)
        }
        self.unopened = unopened
    }

    var body: Data {
        var bytes = Data()
        bytes.append(littleEndian: UInt32(digests.count))
        for digest in digests { bytes.append(digest) }
        bytes += pledge
        for dealer in unopened { bytes.append(littleEndian: UInt32(dealer)) }
        return bytes
    }

    static func digest(of chunk: Data) -> Data { Data(SHA256.hash(data: chunk)) }
}
