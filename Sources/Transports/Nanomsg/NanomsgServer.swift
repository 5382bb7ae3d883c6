import CNanomsg
import Foundation

/// The answering end: a raw REP socket.
final class NanomsgServer: RequestServer {
    let endpoint: Endpoint
    private let limit: Int
    private let socket: NanomsgSocket

    init(endpoint: Endpoint, limit: Int) throws {
        (socket, self.endpoint) = try NanomsgListening.listen(on: endpoint, limit: limit)
        self.limit = limit
    }

    func receive() throws -> IncomingRequest? {
        while true {
            do {
                let message = try socket.receive()
                // Without a route, or with hops in it that left no room for the limit, nobody could be answered.
                guard !message.route.isEmpty, message.bytes.count <= limit else { continue }
                return IncomingRequest(bytes: message.bytes, ticket: ReplyTicket(route: message.route))
            } catch let failure as NanomsgFailure where failure.isInterruption {
                continue
            } catch let failure as NanomsgFailure where failure.isClosure {
                return nil
            } catch {
                throw TransportError(.unavailable, "\(endpoint): nothing can be received any more", cause: error)
            }
        }
    }

    func reply(_ bytes: Data, to ticket: ReplyTicket) throws {
        guard bytes.count <= limit else { throw TransportError.over(limit, "a reply of \(bytes.count)", endpoint) }
        do {
            try socket.send(bytes, route: ticket.route)
        } catch let failure as NanomsgFailure where failure.isClosure {
            throw TransportError(.closed, "\(endpoint): a reply after the server was closed")
        } catch {
            throw TransportError(.unavailable, "\(endpoint): a reply cannot be sent", cause: error)
        }
    }

    func close() { socket.close() }
}

extension TransportError {
    /// A message that must not be sent, because the other end would drop the link.
    static func over(_ limit: Int, _ what: String, _ endpoint: Endpoint) -> TransportError {
        TransportError(.tooLarge, "\(endpoint): \(what) bytes is over the limit of \(limit)")
    }
}
