import Foundation

/// The answering end of a name within the process.
final class InProcessServer: RequestServer {
    let endpoint: Endpoint
    private let limit: Int
    private let mailbox: Mailbox
    private let number: UInt64

    init(endpoint: Endpoint, limit: Int, mailbox: Mailbox) throws {
        guard let number = mailbox.attach() else {
            throw TransportError(.addressInUse, "\(endpoint): something listens there already; take another name")
        }
        (self.endpoint, self.limit, self.mailbox, self.number) = (endpoint, limit, mailbox, number)
    }

    deinit { close() }

    func receive() throws -> IncomingRequest? {
        guard let request = mailbox.receive(as: number, limit: limit) else { return nil }
        return IncomingRequest(bytes: request.bytes, ticket: ReplyTicket(request.number))
    }

    func reply(_ bytes: Data, to ticket: ReplyTicket) throws {
        guard bytes.count <= limit else { throw TransportError.over(limit, "a reply of \(bytes.count)", endpoint) }
        guard mailbox.reply(bytes, to: ticket.number, as: number) else {
            throw TransportError(.closed, "\(endpoint): a reply after the server was closed")
        }
    }

    func close() { mailbox.detach(number) }
}

extension ReplyTicket {
    /// The ticket of a numbered request.
    init(_ number: UInt64) { route = withUnsafeBytes(of: number) { [UInt8]($0) } }

    /// The request's number; 0, which none has, if the ticket is another transport's.
    var number: UInt64 {
        route.count == 8 ? route.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } : 0
    }
}
