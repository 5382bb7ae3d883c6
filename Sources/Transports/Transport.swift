public import Foundation

/// Moves requests and their replies, opaque bytes, between one server and any number of dialers.
///
/// Nothing is encrypted and nobody is authenticated here. A request may arrive more than once (a link that breaks is
/// made anew and the request sent again) and either way may lose a message, so requests are idempotent and every
/// request has a timeout. All calls may block: they belong on threads of their own, never on the cooperative pool.
public protocol Transport: Sendable {
    /// Starts to receive requests.
    ///
    /// - Parameters:
    ///   - endpoint: where to listen; port 0 takes a free one, which `RequestServer.endpoint` then names.
    ///   - limit: the most bytes a request or a reply may have; a larger request never reaches `receive()`.
    /// - Throws: `TransportError`: `addressInUse`, `invalidEndpoint`, `unresolvable`, `unavailable`.
    func listen(on endpoint: Endpoint, limit: Int) throws -> any RequestServer

    /// Makes a client. The server need not be there yet: requests wait for it, within their timeouts.
    ///
    /// - Parameters:
    ///   - endpoint: where the server listens.
    ///   - limit: the most bytes a request or a reply may have.
    /// - Throws: `TransportError`: `invalidEndpoint`, `unresolvable`, `unavailable`.
    func dial(_ endpoint: Endpoint, limit: Int) throws -> any RequestDialer
}

/// The end that answers. Its functions may be called from several threads at once.
public protocol RequestServer: Sendable {
    /// Where it listens, with the port that was chosen where port 0 was asked for.
    var endpoint: Endpoint { get }

    /// Waits for the next request.
    ///
    /// - Returns: nil once the server is closed.
    /// - Throws: `TransportError.unavailable` if the system fails; the server is then of no further use.
    func receive() throws -> IncomingRequest?

    /// Answers a request, at any time after it was received and from any thread. A requester that has left, or has
    /// given up waiting, costs nothing: its reply is dropped.
    ///
    /// - Throws: `TransportError`: `tooLarge` above the limit, `closed` once the server is closed.
    func reply(_ bytes: Data, to ticket: ReplyTicket) throws

    /// Stops listening and wakes every thread that waits in `receive()`. Replies on their way may be lost.
    func close()
}

/// The end that asks.
public protocol RequestDialer: Sendable {
    /// Sends a request and waits for its reply. One request is outstanding at a time: calls from several threads take
    /// turns. After a timeout the dialer can be used again, and a reply that comes late is not mistaken for another's.
    ///
    /// - Parameters:
    ///   - bytes: the request; may arrive twice.
    ///   - timeout: how long to wait for the reply, connecting included; looking a name up comes on top.
    /// - Returns: the reply.
    /// - Throws: `TransportError`: `timeout`, `closed`, `tooLarge` above the limit, `unresolvable`, `unavailable`.
    func request(_ bytes: Data, timeout: Duration) throws -> Data

    /// Closes the connection; a request that waits throws `closed`.
    func close()
}

/// A request as the server received it.
public struct IncomingRequest: Hashable, Sendable {
    /// What the dialer sent.
    public let bytes: Data
    /// What the reply has to name.
    public let ticket: ReplyTicket
}

/// The way back to a requester. Means something only to the server that gave it out.
public struct ReplyTicket: Hashable, Sendable {
    let route: [UInt8]
}
