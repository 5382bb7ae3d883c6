import Foundation

/// The uploads of an inbox: which are under way, by whom, and what they have reserved.
struct Uploads {
    struct Upload {
        let sender: String
        let begun: Duration
        var lastUsed: Duration
        /// When something of it came last that was not there before.
        var lastProgress: Duration?
        let reservation: ByteBudget.Reservation
        /// Nil while it is being opened.
        var receipt: BlobReceipt?
        var pieces = ChunkPieces()
    }

    /// What to do about an upload that begins.
    enum Admission {
        case goOn(BlobReceipt)
        case open(ByteBudget.Reservation)
        case refuse
    }

    private(set) var active: [BlobID: Upload] = [:]

    /// Reserves room for a new upload and notes it.
    mutating func admit(
        _ manifest: BlobManifest, from sender: String, budget: ByteBudget, limits: BlobInbox.Limits, now: Duration
    ) -> Admission {
        if let known = active[manifest.id] {
            active[manifest.id]?.lastUsed = now
            return known.receipt.map { .goOn($0) } ?? .refuse
        }
        guard active.count < limits.count, manifest.size <= limits.sender - byteCount(of: sender),
            let reservation = budget.reserve(manifest.size)
        else { return .refuse }
        active[manifest.id] = Upload(sender: sender, begun: now, lastUsed: now, reservation: reservation)
        return .open(reservation)
    }

    /// Notes that an upload has been opened.
    ///
    /// - Returns: Whether it is still wanted.
    mutating func opened(_ id: BlobID, _ receipt: BlobReceipt) -> Bool {
        active[id]?.receipt = receipt
        return active[id] != nil
    }

    /// The receipt of an upload that goes on now.
    mutating func touch(_ id: BlobID, _ now: Duration) -> BlobReceipt? {
        active[id]?.lastUsed = now
        return active[id]?.receipt
    }

    /// Notes that something new has come of an upload.
    mutating func noteProgress(of id: BlobID, _ now: Duration) { active[id]?.lastProgress = now }

    /// The senders of uploads that something has come of since a time.
    func senders(since time: Duration) -> Set<String> {
        Set(active.values.filter { $0.lastProgress.map { $0 >= time } ?? false }.map(\.sender))
    }

    /// Adds a piece of a chunk to an upload under way; see `ChunkPieces.add`.
    mutating func add(_ piece: Data, at offset: Int, of index: Int, size: Int, to id: BlobID) throws -> Data? {
        try active[id]?.pieces.add(piece, at: offset, of: index, size: size)
    }

    mutating func remove(_ id: BlobID) -> Upload? { active.removeValue(forKey: id) }

    /// Takes out what has been idle, or has taken, for too long; what is being opened is not idle.
    mutating func removeIdle(at now: Duration, _ limits: BlobInbox.Limits) -> [Upload] {
        let given = active.filter { _, upload in
            upload.receipt != nil
                && (upload.lastUsed <= now - limits.idleTime
                    || upload.begun <= now - limits.time(for: upload.reservation.byteCount))
        }
        for id in given.keys { active[id] = nil }
        return Array(given.values)
    }

    private func byteCount(of sender: String) -> Int {
        active.values.reduce(0) { $0 + ($1.sender == sender ? $1.reservation.byteCount : 0) }
    }
}
