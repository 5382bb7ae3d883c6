import Crypto
import Foundation

/// How the workers of a round draw the graph, so that no one chooses it.
///
/// With its keys each worker signs a commitment H(worker, opening) to 32 random bytes. Once it has the list of all keys,
/// and so all commitments, it signs its opening for that list. The seed is a hash of the list and all openings. Whoever
/// made its keys last knew nobody's opening then; whoever opens last can only withhold, which ends the attempt for
/// everyone. docs/privacy-formulas.md counts the attempts.
enum GraphOpening {
    static let byteCount = 32

    /// An opening has 256 random bits, so its hash binds and hides.
    static func commitment(to opening: Data, of worker: WorkerIdentity, context: Data) -> Data {
        Data(SHA256.hash(data: Data("lorad secure aggregation 1 opening".utf8) + context + worker.bytes + opening))
    }

    /// The seed of the graph.
    ///
    /// - Parameter openings: those of all workers in the order of the list; each is checked here.
    /// - Throws: ``PrivacyError`` if one is missing, is signed for another list, or is not what its worker committed to.
    static func seed(_ openings: [SignedMessage], _ roster: Roster) throws -> Data {
        let given = Set(openings.map(\.sender))
        let missing = roster.workers.filter { !given.contains($0) }
        guard missing.isEmpty else {
            throw PrivacyError(
                .belowThreshold,
                "the list of openings lacks worker \(missing[0]) and has \(openings.count) of \(roster.workers.count): "
                    + "without all of them nobody can tell that the neighbours were drawn by chance. This attempt ends")
        }
        guard openings.map(\.sender) == roster.workers else {
            throw PrivacyError(.malformed, "the list of openings is not in the order of the list of keys")
        }
        var hash = SHA256()
        hash.update(data: Data("lorad secure aggregation 1 graph".utf8) + roster.scope.context + roster.digest)
        for (place, opening) in openings.enumerated() {
            try check(opening, at: place, roster)
            hash.update(data: opening.body)
        }
        return Data(hash.finalize())
    }

    /// Checks one worker's opening.
    ///
    /// - Throws: ``PrivacyError``.
    static func check(_ opening: SignedMessage, at place: Int, _ roster: Roster) throws {
        try opening.verify(in: roster.scope)
        let found = commitment(to: opening.body, of: opening.sender, context: roster.scope.context)
        guard opening.body.count == byteCount, found == roster.keys[place].openingCommitment else {
            throw PrivacyError(
                .tampered,
                "the opening of worker \(opening.sender) is not what it committed to before it saw the others': the "
                    + "neighbours of this round cannot be drawn with it")
        }
    }

    /// The message that tells every worker all openings.
    static func message(_ openings: [SignedMessage], round: UInt64) -> Data {
        var bytes = MessageHeader.bytes(.openings, round: round)
        bytes.append(littleEndian: UInt32(openings.count))
        for opening in openings { bytes.append(opening.content) }
        return bytes
    }

    /// The signed openings in such a message; nothing is checked of them yet.
    static func messages(in bytes: Data, round: UInt64) throws -> [SignedMessage] {
        var reader = try MessageHeader.open(bytes, as: .openings, round: round)
        let each = WorkerIdentity.byteCount + 4 + byteCount + SignedMessage.signatureBytes
        let count = try reader.count(itemBytes: each)
        let messages = try (0..<count).map { _ in try SignedMessage(.opening, from: &reader) }
        try reader.finish()
        return messages
    }
}
