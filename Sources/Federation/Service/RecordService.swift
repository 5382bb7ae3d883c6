import Foundation
import SwiftProtobuf
import Transports

/// Takes records off a server on threads of its own: strangers are answered by the session table, the requests of workers
/// that were let in go to `handle`.
final class RecordService: Sendable {
    /// A worker's request.
    struct Incoming: Sendable {
        let worker: WorkerID
        let request: WireRequest
        /// The chunk that some requests carry.
        let payload: Data
        let reply: PendingReply
    }

    /// The most bytes that a message may have, payload aside.
    static let messageLimit = 8 << 20

    private let server: any RequestServer
    private let sessions: SessionTable
    private let traffic: Traffic
    private let now: @Sendable () -> Duration
    private let handle: @Sendable (Incoming) -> Void
    private let failed: @Sendable (any Error) -> Void

    /// Prepares to serve.
    ///
    /// - Parameters:
    ///   - handle: takes the requests of workers that were let in.
    ///   - failed: is told, by each thread, why nothing can be received any more; not where the server was closed.
    init(
        _ server: any RequestServer, sessions: SessionTable, traffic: Traffic, now: @escaping @Sendable () -> Duration,
        handle: @escaping @Sendable (Incoming) -> Void, failed: @escaping @Sendable (any Error) -> Void
    ) {
        self.server = server
        self.sessions = sessions
        self.traffic = traffic
        self.now = now
        self.handle = handle
        self.failed = failed
    }

    /// Starts threads that serve until the server is closed, or fails.
    func start(threads: Int, name: String) {
        for index in 0..<threads {
            let thread = Thread { [self] in serve() }
            thread.name = "\(name) \(index)"
            thread.start()
        }
    }

    private func serve() {
        do {
            while let incoming = try server.receive() { answer(incoming) }
        } catch {
            failed(error)
        }
    }

    private func answer(_ incoming: IncomingRequest) {
        switch sessions.handle(incoming.bytes, now: now()) {
        case .handshake(let reply, _, let refusal):
            if let refusal { traffic.refusedStranger(refusal.message, now: now()) }
            try? server.reply(reply, to: incoming.ticket)
        case .answer(let reply, _):
            traffic.refusedRecord()
            try? server.reply(reply, to: incoming.ticket)
        case .request(let request):
            take(request, PendingReply(server, incoming.ticket, request, traffic), incoming.bytes.count)
        }
    }

    private func take(_ request: SecureRequest, _ reply: PendingReply, _ byteCount: Int) {
        let worker = request.worker.fingerprint
        traffic.received(byteCount, from: worker)
        do {
            let frame = try Frame(decoding: request.plaintext, messageLimit: Self.messageLimit)
            let message = try WireRequest(serializedBytes: frame.message)
            handle(Incoming(worker: worker, request: message, payload: frame.payload, reply: reply))
        } catch {
            reply.send(.problem(.malformed, "the request cannot be read: run the same release at both ends"))
        }
    }
}

/// The way back to a worker that asked something; used once, now or later.
struct PendingReply: Sendable {
    private let server: any RequestServer
    private let ticket: ReplyTicket
    private let request: SecureRequest
    private let traffic: Traffic

    init(_ server: any RequestServer, _ ticket: ReplyTicket, _ request: SecureRequest, _ traffic: Traffic) {
        self.server = server
        self.ticket = ticket
        self.request = request
        self.traffic = traffic
    }

    /// Sends the reply. A worker that has gone, or whose session was ended, gets none and asks again.
    func send(_ reply: WireReply, payload: Data = Data()) {
        guard let message: Data = try? reply.serializedBytes(),
            let frame = try? Frame(message: message, payload: payload).encoded(),
            let record = try? request.sealer.seal(frame)
        else { return }
        traffic.sent(record.count, to: request.worker.fingerprint)
        try? server.reply(record, to: ticket)
    }
}
