import Crypto
import Foundation

/// A worker's public keys of one round, and its commitments: to the seed of its own mask, and to its part in the draw
/// of the graph (``GraphOpening``).
///
/// The masking key commits to the secret masking key; so whatever shares reveal can be compared with what was signed.
struct Advertisement: Sendable {
    static let byteCount = 128

    let sharesKey: Curve25519.KeyAgreement.PublicKey
    let maskingKey: Curve25519.KeyAgreement.PublicKey
    let seedCommitment: Data
    let openingCommitment: Data

    init(_ secrets: RoundSecrets, of worker: WorkerIdentity, context: Data) {
        sharesKey = secrets.sharesKey.publicKey
        maskingKey = secrets.maskingKey.publicKey
        seedCommitment = Self.commitment(to: secrets.seed.bytes, context: context)
        openingCommitment = GraphOpening.commitment(to: secrets.opening, of: worker, context: context)
    }

    init(_ body: Data) throws {
        var reader = MessageReader(body, of: MessageKind.advertisement.name)
        sharesKey = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: try reader.take(32))
        maskingKey = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: try reader.take(32))
        seedCommitment = try reader.take(32)
        openingCommitment = try reader.take(32)
        try reader.finish()
    }

    var body: Data {
        sharesKey.rawRepresentation + maskingKey.rawRepresentation + seedCommitment + openingCommitment
    }

    /// The seed has 256 random bits, so its hash binds and hides.
    static func commitment(to seed: [UInt8], context: Data) -> Data {
        Data(SHA256.hash(data: Data("lorad secure aggregation 1 seed".utf8) + context + seed))
    }
}
