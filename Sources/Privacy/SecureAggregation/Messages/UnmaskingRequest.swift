import Foundation

/// The coordinator's request for shares: the survivors, and the signatures of workers that saw the same survivors.
struct UnmaskingRequest: Sendable {
    private static let entryBytes = 4 + SignedMessage.signatureBytes

    let survivors: SurvivorSet
    let signatures: [(signer: Int, signature: Data)]

    init(survivors: SurvivorSet, signatures: [(signer: Int, signature: Data)]) {
        self.survivors = survivors
        self.signatures = signatures
    }

    /// - Throws: ``PrivacyError/Code/malformed`` unless the signers rise, which also makes them different.
    init(_ message: Data, round: UInt64, workers: Int) throws {
        var reader = try MessageHeader.open(message, as: .unmasking, round: round)
        survivors = try SurvivorSet(from: &reader, workers: workers)
        let count = try reader.count(itemBytes: Self.entryBytes)
        var signatures: [(signer: Int, signature: Data)] = []
        for _ in 0..<count {
            let signer = Int(try reader.integer(UInt32.self))
            guard signer > signatures.last?.signer ?? -1, signer < workers else {
                throw reader.malformed("its signers are not in order, or are no workers")
            }
            signatures.append((signer, try reader.take(SignedMessage.signatureBytes)))
        }
        try reader.finish()
        self.signatures = signatures
    }

    func message(round: UInt64) -> Data {
        var bytes = MessageHeader.bytes(.unmasking, round: round) + survivors.bytes
        bytes.append(littleEndian: UInt32(signatures.count))
        for entry in signatures {
            bytes.append(littleEndian: UInt32(entry.signer))
            bytes.append(entry.signature)
        }
        return bytes
    }

    /// Every signature must be one of a survivor over these survivors, and they must be a quorum: two quorums
    /// share more workers than may collude (`SecureAggregationConfiguration.quorum(of:)`), and an honest worker signs one set only,
    /// so no other set can be asked about.
    func verify(_ roster: Roster) throws {
        for entry in signatures {
            guard survivors.contains(entry.signer) else {
                throw PrivacyError(
                    .untrusted, "worker \(roster.workers[entry.signer]) signed survivors that it is not one of")
            }
            try SignedMessage(
                .consent, sender: roster.workers[entry.signer], body: survivors.bytes, signature: entry.signature
            ).verify(in: roster.scope)
        }
        guard signatures.count >= roster.quorum else {
            throw PrivacyError(
                .belowThreshold,
                "shares were asked for with the signatures of \(signatures.count) workers over the survivors; "
                    + "\(roster.quorum) of \(roster.workers.count) are needed, so none are given")
        }
    }
}
