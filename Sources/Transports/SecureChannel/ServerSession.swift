public import Foundation
import Synchronization

/// The coordinator's end of a session. Several threads may open and seal at once.
final class ServerSession: Sendable {
    let id: SessionID
    let peer: PublicIdentity

    private let keys: SessionKeys
    private let counter: RecordCounter
    private let window = Mutex(ReplayWindow())
    private let isClosed = Atomic(false)

    init(id: SessionID, peer: PublicIdentity, keys: SessionKeys, counter: RecordCounter = RecordCounter()) {
        self.id = id
        self.peer = peer
        self.keys = keys
        self.counter = counter
    }

    /// The plaintext of a request that was not seen before.
    ///
    /// A forged number must not move the window, so it is entered after the record proved genuine; looking at it before
    /// spares the work on a repeated record.
    func open(_ record: Data, header: RecordHeader) throws -> Data {
        guard window.withLock({ $0.isFresh(header.sequence) }) else { throw Self.replayed }
        let plaintext = try keys.requests.open(record, header: header)
        guard window.withLock({ $0.accept(header.sequence) }) else { throw Self.replayed }
        return plaintext
    }

    func seal(_ plaintext: Data, answering request: UInt64) throws -> Data {
        guard !isClosed.load(ordering: .acquiring) else {
            throw TransportError(.closed, "the session of worker \(peer.fingerprint) was ended")
        }
        let sequence = try counter.next(byteCount: plaintext.count)
        let header = RecordHeader(replyKind, session: id, sequence: sequence, answers: request)
        return try keys.replies.seal(plaintext, under: header)
    }

    /// Answers nothing from now on, also no request that was taken before.
    func close() { isClosed.store(true, ordering: .releasing) }

    private var replyKind: RecordKind {
        switch keys.replies {
        case .sealed: .reply
        case .plain: .plainReply
        }
    }

    private static var replayed: TransportError {
        TransportError(.replayed, "a record came before, or is too old to tell")
    }
}

/// Seals the reply to one request; it may be kept until the reply is known, and used on any thread.
public final class ReplySealer: Sendable {
    private let session: ServerSession
    private let sequence: UInt64
    private let isUsed = Atomic(false)

    init(session: ServerSession, sequence: UInt64) {
        self.session = session
        self.sequence = sequence
    }

    /// The record to send.
    ///
    /// - Throws: `TransportError.closed` where the session was ended meanwhile (its key was revoked) or has sealed all
    ///   that its key may, `TransportError.replayed` where the request was answered before.
    public func seal(_ plaintext: Data) throws -> Data {
        guard !isUsed.exchange(true, ordering: .acquiringAndReleasing) else {
            throw TransportError(.replayed, "the request was answered before")
        }
        return try session.seal(plaintext, answering: sequence)
    }
}
