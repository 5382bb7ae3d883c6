import Foundation

/// The sessions that a coordinator knows; a value without clock or lock.
///
/// A session is half open until its first genuine request. Half-open ones push out half-open ones only: whoever repeats
/// recorded hellos, which need not be theirs, pushes out no session that is used.
struct SessionStore: Sendable {
    private struct Greeting: Sendable {
        let helloDigest: Data
        /// Kept to give the same answer to the same hello, which a transport may send again.
        let welcome: Data
    }

    /// What is known of a hello.
    enum Repetition: Equatable {
        /// It is new.
        case none
        /// It was answered with these bytes.
        case answered(Data, PublicIdentity)
        /// Its session is used: nobody needs that answer any more.
        case spent
    }

    private var halfOpen: SessionPool<Greeting>
    private var established: SessionPool<Data>
    private var hellos: [Data: SessionID] = [:]

    init(limits: SessionLimits) {
        halfOpen = SessionPool(
            limit: limits.halfOpen, limitPerWorker: limits.halfOpenPerWorker, lifetime: limits.halfOpenLifetime)
        established = SessionPool(
            limit: limits.established, limitPerWorker: limits.establishedPerWorker, lifetime: limits.idleLifetime)
    }

    var count: Int { halfOpen.count + established.count }

    func repetition(of helloDigest: Data) -> Repetition {
        guard let id = hellos[helloDigest] else { return .none }
        return halfOpen[id].map { .answered($0.entry.welcome, $0.session.peer) } ?? .spent
    }

    /// Adds a half-open session.
    mutating func insert(_ session: ServerSession, helloDigest: Data, welcome: Data, now: Duration) {
        let removed = halfOpen.insert(session, Greeting(helloDigest: helloDigest, welcome: welcome), now: now)
        hellos[helloDigest] = session.id
        for member in removed { forget(member.entry.helloDigest, of: member.session.id) }
    }

    /// A session that is still good.
    func session(_ id: SessionID, now: Duration) -> ServerSession? {
        if let member = halfOpen[id] { return halfOpen.isExpired(member, now: now) ? nil : member.session }
        return established[id].flatMap { established.isExpired($0, now: now) ? nil : $0.session }
    }

    /// Notes a genuine request; false where the session was ended meanwhile.
    mutating func touch(_ id: SessionID, now: Duration) -> Bool {
        if let member = halfOpen.remove(id) {
            let removed = established.insert(member.session, member.entry.helloDigest, now: now)
            for other in removed { forget(other.entry, of: other.session.id) }
            return true
        }
        established.touch(id, now: now)
        return established[id] != nil
    }

    /// Removes and gives all sessions of a worker.
    mutating func removeAll(of worker: WorkerID) -> [ServerSession] {
        let greeted = halfOpen.removeAll(of: worker)
        let used = established.removeAll(of: worker)
        for member in greeted { forget(member.entry.helloDigest, of: member.session.id) }
        for member in used { forget(member.entry, of: member.session.id) }
        return greeted.map(\.session) + used.map(\.session)
    }

    private mutating func forget(_ helloDigest: Data, of id: SessionID) {
        if hellos[helloDigest] == id { hellos[helloDigest] = nil }
    }
}
