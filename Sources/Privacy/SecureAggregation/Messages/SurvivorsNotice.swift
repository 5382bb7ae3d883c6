import Foundation

/// The list of survivors as one worker gets it, with what each of its neighbours among them signed of whom it masked with.
struct SurvivorsNotice: Sendable {
    let survivors: SurvivorSet
    /// Signatures of the worker's neighbours among the survivors, by rising number, without its own.
    let pledges: [Data]

    init(survivors: SurvivorSet, pledges: [Data]) {
        self.survivors = survivors
        self.pledges = pledges
    }

    init(_ message: Data, round: UInt64, workers: Int) throws {
        var reader = try MessageHeader.open(message, as: .survivors, round: round)
        survivors = try SurvivorSet(from: &reader, workers: workers)
        let count = try reader.count(itemBytes: SignedMessage.signatureBytes)
        pledges = try (0..<count).map { _ in try reader.take(SignedMessage.signatureBytes) }
        try reader.finish()
    }

    func message(round: UInt64) -> Data {
        var bytes = MessageHeader.bytes(.survivors, round: round) + survivors.bytes
        bytes.append(littleEndian: UInt32(pledges.count))
        for pledge in pledges { bytes.append(pledge) }
        return bytes
    }

    /// Every neighbour that stays must have masked with everyone in `sharing`; one that was told of other workers may
    /// lack the mask that it shares with some of its neighbours.
    ///
    /// - Throws: ``PrivacyError/Code/untrusted`` that names the neighbour.
    func verify(sharing: SurvivorSet, at place: Int, _ roster: Roster) throws {
        let peers = roster.graph.neighbours(of: place).filter(survivors.contains)
        guard pledges.count == peers.count else {
            throw PrivacyError(
                .untrusted,
                "the list of survivors comes with \(pledges.count) signatures of whom the neighbours masked with; "
                    + "\(peers.count) of this worker's neighbours are said to survive")
        }
        for (peer, signature) in zip(peers, pledges) {
            let worker = roster.workers[peer]
            do {
                try SignedMessage(.pledge, sender: worker, body: sharing.bytes, signature: signature)
                    .verify(in: roster.scope)
            } catch {
                throw PrivacyError(
                    .untrusted,
                    "worker \(worker) did not sign the list of those that shared their secrets which this worker was "
                        + "given: the coordinator may have told it of others, so that its vector lacks masks")
            }
        }
    }
}
