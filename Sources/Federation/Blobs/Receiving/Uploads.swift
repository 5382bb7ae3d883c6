/// The uploads of an inbox: which are under way, by whom, and what they have reserved.
struct Uploads {
    struct Upload {
        var sender: String
        var lastUsed: Duration
        var reservation: ByteBudget.Reservation
        /// Nil while it is being opened, and for what a former process has left.
        var receipt: BlobReceipt?
        var isLeftover = false
    }

    /// What to do about an upload that begins.
    enum Admission {
        case goOn(BlobReceipt)
        case open
        case refuse
    }

    private(set) var active: [BlobID: Upload] = [:]
    private var finished: [BlobID: ByteBudget.Reservation] = [:]

    /// Reserves room for a new upload and notes it.
    mutating func admit(
        _ manifest: BlobManifest, from sender: String, budget: ByteBudget, limits: BlobInbox.Limits, now: Duration
    ) -> Admission {
        let known = active[manifest.id]
        if let known, !known.isLeftover {
            active[manifest.id]?.lastUsed = now
            return known.receipt.map { .goOn($0) } ?? .refuse
        }
        guard active.count - (known == nil ? 0 : 1) < limits.count,
            manifest.size <= limits.sender - byteCount(of: sender)
        else { return .refuse }
        active[manifest.id] = nil  // a leftover's room is reserved anew, by its sender
        guard let reservation = budget.reserve(manifest.size) else {
            active[manifest.id] = known
            return .refuse
        }
        active[manifest.id] = Upload(sender: sender, lastUsed: now, reservation: reservation)
        return .open
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

    mutating func adopt(partial id: BlobID, _ reservation: ByteBudget.Reservation, now: Duration) {
        active[id] = Upload(sender: "", lastUsed: now, reservation: reservation, isLeftover: true)
    }

    mutating func adopt(finished id: BlobID, _ reservation: ByteBudget.Reservation) { finished[id] = reservation }

    func isFinished(_ id: BlobID) -> Bool { finished[id] != nil }

    /// A blob was handed over; one in a file keeps its room until it is discarded.
    mutating func finish(_ id: BlobID, isFile: Bool) {
        guard let upload = active.removeValue(forKey: id), isFile else { return }
        finished[id] = upload.reservation
    }

    mutating func remove(_ id: BlobID) -> Upload? { active.removeValue(forKey: id) }

    /// - Returns: Whether there was a finished file of that name.
    mutating func removeFinished(_ id: BlobID) -> Bool { finished.removeValue(forKey: id) != nil }

    /// Takes out what has been idle since a time; what is being opened is not idle.
    mutating func removeIdle(since time: Duration) -> [(id: BlobID, upload: Upload)] {
        let idle = active.filter { $0.value.lastUsed <= time && ($0.value.receipt != nil || $0.value.isLeftover) }
        for id in idle.keys { active[id] = nil }
        return idle.map { ($0.key, $0.value) }
    }

    private func byteCount(of sender: String) -> Int {
        active.values.reduce(0) { $0 + ($1.sender == sender ? $1.reservation.byteCount : 0) }
    }
}
