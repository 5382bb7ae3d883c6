import Crypto
public import Foundation
import Synchronization

/// The coordinator's secure channel: every record that arrives goes into `handle`, from as many threads as there are.
///
/// It holds nothing for a stranger: only hellos that `authorize` let in make a session, and those are bounded.
public final class SessionTable: Sendable {
    /// Decides about a worker: gives the bytes to welcome it with (at most 60 KiB), or throws why not. It is called from
    /// several threads, and again whenever a worker that is enrolled comes back.
    public typealias Authorize = @Sendable (HelloRequest) throws(Refusal) -> Data

    /// What to do with a record.
    public enum Outcome: Sendable {
        /// A handshake was done: send the bytes. The refusal is there to be logged where the worker was not let in.
        case handshake(reply: Data, worker: PublicIdentity, refusal: Refusal?)
        /// A worker asks for something: answer it with the request's sealer, now or later.
        case request(SecureRequest)
        /// The record was not taken: send the bytes, and count the reason.
        case answer(Data, Notice.Code)
    }

    private struct State {
        var store: SessionStore
        var rate: HandshakeRate
        /// How often `closeSessions` ran: a worker that was let in just before must not get its session just after.
        var closings = 0
    }

    private let handshake: ServerHandshake
    private let state: Mutex<State>

    /// Creates a table without sessions.
    public init(
        security: ChannelSecurity, limits: SessionLimits = SessionLimits(), authorize: @escaping Authorize
    ) {
        handshake = ServerHandshake(security: security, authorize: authorize)
        let rate = HandshakeRate(perSecond: limits.handshakesPerSecond, burst: limits.handshakeBurst)
        state = Mutex(State(store: SessionStore(limits: limits), rate: rate))
    }

    /// How many sessions there are.
    public var count: Int { state.withLock { $0.store.count } }

    /// Takes a record of anyone; every record gets an answer.
    ///
    /// - Parameters:
    ///   - record: the bytes, whatever they are.
    ///   - now: the time since any fixed moment, by a clock that is not set back.
    public func handle(_ record: Data, now: Duration) -> Outcome {
        guard let header = RecordHeader(of: record), header.version == RecordHeader.currentVersion else {
            let version = RecordHeader.version(of: record) ?? RecordHeader.currentVersion
            return notice(version == RecordHeader.currentVersion ? .malformed : .otherVersion, nil)
        }
        switch (header.kind, handshake.security) {
        case (.hello, .encrypted), (.plainHello, .insecure): return greet(record, header, now)
        case (.request, .encrypted), (.plainRequest, .insecure): return open(record, header, now)
        case (.plainHello, .encrypted), (.plainRequest, .encrypted): return notice(.encryptionRequired, header)
        case (.hello, .insecure), (.request, .insecure): return notice(.encryptionUnavailable, header)
        default: return notice(.malformed, header)
        }
    }

    /// Ends all sessions of a worker, as when its key is revoked: nothing more of it is taken, and requests that were
    /// taken are not answered.
    public func closeSessions(of worker: WorkerID) {
        let sessions = state.withLock { state in
            state.closings += 1
            return state.store.removeAll(of: worker)
        }
        for session in sessions { session.close() }
    }

    private func greet(_ hello: Data, _ header: RecordHeader, _ now: Duration) -> Outcome {
        guard hello.count <= HandshakeLimits.record else { return notice(.tooLarge, header) }
        guard state.withLock({ $0.rate.allow(now: now) }) else { return notice(.busy, header) }
        let digest = Data(SHA256.hash(data: hello))
        let (repetition, closings) = state.withLock { ($0.store.repetition(of: digest), $0.closings) }
        switch repetition {
        case .answered(let welcome, let worker): return .handshake(reply: welcome, worker: worker, refusal: nil)
        case .spent: return notice(.replayed, header)
        case .none: break
        }
        switch handshake.answer(hello) {
        case .welcome(let welcome, let session):
            guard keep(session, digest, welcome, unlessClosedSince: closings, now) else { return notice(.busy, header) }
            return .handshake(reply: welcome, worker: session.peer, refusal: nil)
        case .refused(let welcome, let worker, let refusal):
            return .handshake(reply: welcome, worker: worker, refusal: refusal)
        case .unreadable: return notice(.unreadableHello, header)
        }
    }

    private func keep(
        _ session: ServerSession, _ helloDigest: Data, _ welcome: Data, unlessClosedSince closings: Int, _ now: Duration
    ) -> Bool {
        state.withLock { state in
            guard state.closings == closings else { return false }
            state.store.insert(session, helloDigest: helloDigest, welcome: welcome, now: now)
            return true
        }
    }

    private func open(_ record: Data, _ header: RecordHeader, _ now: Duration) -> Outcome {
        guard let session = state.withLock({ $0.store.session(header.session, now: now) }) else {
            return notice(.unknownSession, header)
        }
        do {
            let plaintext = try session.open(record, header: header)
            guard state.withLock({ $0.store.touch(session.id, now: now) }) else {
                return notice(.unknownSession, header)
            }
            let sealer = ReplySealer(session: session, sequence: header.sequence)
            return .request(
                SecureRequest(worker: session.peer, session: session.id, plaintext: plaintext, sealer: sealer))
        } catch let error as TransportError where error.code == .replayed {
            return notice(.replayed, header)
        } catch {
            return notice(.unreadableRecord, header)
        }
    }

    private func notice(_ code: Notice.Code, _ header: RecordHeader?) -> Outcome {
        .answer(Notice(code).record(answering: header), code)
    }
}

/// A genuine request of a worker that was let in.
public struct SecureRequest: Sendable {
    /// The worker's key.
    public let worker: PublicIdentity
    /// The session, to tell a worker's processes apart.
    public let session: SessionID
    /// What it asks.
    public let plaintext: Data
    /// Seals the reply, once.
    public let sealer: ReplySealer
}
