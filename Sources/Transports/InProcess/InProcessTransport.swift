import Foundation
import Synchronization

/// Requests and replies within a process, without a socket: for tests of the drivers, and for a coordinator and workers
/// in one process.
///
/// Each instance has names of its own. It behaves as the transports with sockets do: a request waits for a server that
/// comes later, goes to the next server if the first closes before answering, and vanishes if it is over the server's
/// limit.
public struct InProcessTransport: Transport {
    private let switchboard = Switchboard()

    /// Creates a transport in which nobody listens.
    public init() {}

    /// Listens on an `inproc://` name; see `Transport.listen`.
    public func listen(on endpoint: Endpoint, limit: Int) throws -> any RequestServer {
        try InProcessServer(endpoint: endpoint, limit: limit, mailbox: try mailbox(of: endpoint))
    }

    /// Makes a client of an `inproc://` name; see `Transport.dial`.
    public func dial(_ endpoint: Endpoint, limit: Int) throws -> any RequestDialer {
        InProcessDialer(endpoint: endpoint, limit: limit, mailbox: try mailbox(of: endpoint))
    }

    private func mailbox(of endpoint: Endpoint) throws -> Mailbox {
        guard case .inproc(let name) = endpoint else {
            throw TransportError(.invalidEndpoint, "\(endpoint): within a process an endpoint is inproc://NAME")
        }
        return switchboard.mailbox(name)
    }
}

/// The mailbox of each name.
private final class Switchboard: Sendable {
    private let mailboxes = Mutex<[String: Mailbox]>([:])

    func mailbox(_ name: String) -> Mailbox {
        mailboxes.withLock { mailboxes in
            let mailbox = mailboxes[name] ?? Mailbox()
            mailboxes[name] = mailbox
            return mailbox
        }
    }
}
