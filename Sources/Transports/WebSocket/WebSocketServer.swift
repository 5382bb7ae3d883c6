import Foundation
import NIOCore
import Synchronization

/// The answering end over WebSocket.
final class WebSocketServer: RequestServer {
    private struct Inbox: Sendable {
        var requests: [IncomingRequest] = []
        var isClosed = false
    }

    private enum Next {
        case request(IncomingRequest)
        case closed
    }

    let endpoint: Endpoint
    private let limit: Int
    private let inbox: Monitor<Inbox>
    private let connections: ServerConnections
    private let listener: any Channel

    init(endpoint: Endpoint, limit: Int) throws {
        let inbox = Monitor(Inbox())
        self.inbox = inbox
        self.limit = limit
        connections = ServerConnections(most: WebSocketListening.mostConnections) { request in
            inbox.withLock { if !$0.isClosed { $0.requests.append(request) } }
        }
        (listener, self.endpoint) = try WebSocketListening.listen(on: endpoint, limit: limit, connections)
    }

    deinit { close() }

    func receive() throws -> IncomingRequest? {
        let next = inbox.wait { inbox -> Next? in
            if inbox.isClosed { return .closed }
            guard !inbox.requests.isEmpty else { return nil }
            return .request(inbox.requests.removeFirst())
        }
        guard case .request(let request) = next else { return nil }
        return request
    }

    func reply(_ bytes: Data, to ticket: ReplyTicket) throws {
        guard bytes.count <= limit else { throw TransportError.over(limit, "a reply of \(bytes.count)", endpoint) }
        guard !inbox.withLock({ $0.isClosed }) else {
            throw TransportError(.closed, "\(endpoint): a reply after the server was closed")
        }
        connections.reply(bytes, to: ticket)
    }

    func close() {
        let isFirst = inbox.withLock { inbox in
            defer { inbox = Inbox(isClosed: true) }
            return !inbox.isClosed
        }
        guard isFirst else { return }
        // Whoever listens next may need the port at once.
        try? listener.close().wait()
        connections.closeAll()
    }
}
