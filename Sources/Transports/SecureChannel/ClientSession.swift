public import Foundation
import Synchronization

/// The worker's end of a session, as `ClientHandshake.finish` gives it. Several threads may seal at once.
public final class ClientSession: Sendable {
    private let id: SessionID
    private let keys: SessionKeys
    private let counter: RecordCounter

    init(id: SessionID, keys: SessionKeys, counter: RecordCounter = RecordCounter()) {
        self.id = id
        self.keys = keys
        self.counter = counter
    }

    /// Seals a request. Seal it again to send it again: the coordinator takes a record once.
    ///
    /// - Throws: `TransportError.closed` when the session has sealed all that its key may; then shake hands again.
    public func seal(_ plaintext: Data) throws -> SealedRequest {
        let sequence = try counter.next(byteCount: plaintext.count)
        let header = RecordHeader(requestKind, session: id, sequence: sequence)
        let record = try keys.requests.seal(plaintext, under: header)
        return SealedRequest(record: record, header: header, replies: keys.replies)
    }

    private var requestKind: RecordKind {
        switch keys.requests {
        case .sealed: .request
        case .plain: .plainRequest
        }
    }
}

/// A request on its way, and the only thing that opens its reply.
public final class SealedRequest: Sendable {
    /// The bytes to send.
    public let record: Data

    private let header: RecordHeader
    private let replies: RecordProtection
    private let isAnswered = Atomic(false)

    init(record: Data, header: RecordHeader, replies: RecordProtection) {
        self.record = record
        self.header = header
        self.replies = replies
    }

    /// The plaintext of the reply to this request. Only the first genuine one is opened.
    ///
    /// - Throws: `TransportError`: `malformed` for bytes that are no reply, `untrusted` for a reply to another request, of
    ///   another session or changed on the way, `replayed` for a second one. Where the coordinator sent a `Notice`
    ///   instead, that is the cause, and the code is `closed` where the worker should shake hands again.
    public func open(_ reply: Data) throws -> Data {
        if let notice = Notice(of: reply) { throw notice.error() }
        guard let head = RecordHeader(of: reply), head.version == header.version else {
            throw TransportError(.malformed, "the reply is none of this protocol (\(reply.count) bytes)")
        }
        guard head.kind == replyKind, head.session == header.session, head.answers == header.sequence else {
            throw TransportError(.untrusted, "the reply belongs to another request or session")
        }
        let plaintext = try replies.open(reply, header: head)
        guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing) else {
            throw TransportError(.replayed, "the request was answered before")
        }
        return plaintext
    }

    private var replyKind: RecordKind {
        switch replies {
        case .sealed: .reply
        case .plain: .plainReply
        }
    }
}
