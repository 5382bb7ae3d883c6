import Foundation

/// The shares that the coordinator hands to one worker, each with the number of the worker that sealed it, and the list
/// of all workers that shared.
struct Delivery: Sendable {
    private static let entryBytes = 4 + SealedShares.byteCount

    let sharing: SurvivorSet
    let entries: [(sender: Int, sealed: Data)]

    init(sharing: SurvivorSet, entries: [(sender: Int, sealed: Data)]) {
        self.sharing = sharing
        self.entries = entries
    }

    /// - Throws: ``PrivacyError/Code/malformed`` unless the senders rise, and are workers.
    init(_ message: Data, round: UInt64, workers: Int) throws {
        var reader = try MessageHeader.open(message, as: .delivery, round: round)
        sharing = try SurvivorSet(from: &reader, workers: workers)
        let count = try reader.count(itemBytes: Self.entryBytes)
        var entries: [(sender: Int, sealed: Data)] = []
        for _ in 0..<count {
            let sender = Int(try reader.integer(UInt32.self))
            guard sender > entries.last?.sender ?? -1, sender < workers else {
                throw reader.malformed("its senders are not in order, or are no workers")
            }
            entries.append((sender, try reader.take(SealedShares.byteCount)))
        }
        try reader.finish()
        self.entries = entries
    }

    func message(round: UInt64) -> Data {
        var bytes = MessageHeader.bytes(.delivery, round: round) + sharing.bytes
        bytes.append(littleEndian: UInt32(entries.count))
        for entry in entries {
            bytes.append(littleEndian: UInt32(entry.sender))
            bytes.append(entry.sealed)
        }
        return bytes
    }
}
