/// A bounded number of sessions, the one that was idle longest going for a new one; a value without clock or lock.
struct SessionPool<Entry: Sendable>: Sendable {
    /// A session, and what its owner keeps with it.
    struct Member: Sendable {
        let session: ServerSession
        let entry: Entry
        var lastUse: Duration
    }

    private let limit: Int
    private let limitPerWorker: Int
    private let lifetime: Duration
    private var members: [SessionID: Member] = [:]

    init(limit: Int, limitPerWorker: Int, lifetime: Duration) {
        self.limit = max(1, limit)
        self.limitPerWorker = max(1, limitPerWorker)
        self.lifetime = lifetime
    }

    var count: Int { members.count }

    subscript(id: SessionID) -> Member? { members[id] }

    func isExpired(_ member: Member, now: Duration) -> Bool { now - member.lastUse > lifetime }

    /// Adds a session and gives what went for it: the expired ones, and others where there was no room.
    mutating func insert(_ session: ServerSession, _ entry: Entry, now: Duration) -> [Member] {
        var removed = members.values.filter { isExpired($0, now: now) }
        for member in removed { members[member.session.id] = nil }
        let own = members.values.filter { $0.session.peer == session.peer }
        if let surplus = own.count >= limitPerWorker ? own : members.count >= limit ? Array(members.values) : nil,
            let oldest = surplus.min(by: { $0.lastUse < $1.lastUse })
        {
            members[oldest.session.id] = nil
            removed.append(oldest)
        }
        members[session.id] = Member(session: session, entry: entry, lastUse: now)
        return removed
    }

    mutating func touch(_ id: SessionID, now: Duration) { members[id]?.lastUse = now }

    mutating func remove(_ id: SessionID) -> Member? { members.removeValue(forKey: id) }

    /// Removes all sessions of a worker.
    mutating func removeAll(of worker: WorkerID) -> [Member] {
        let own = members.values.filter { $0.session.peer.fingerprint == worker }
        for member in own { members[member.session.id] = nil }
        return own
    }
}
