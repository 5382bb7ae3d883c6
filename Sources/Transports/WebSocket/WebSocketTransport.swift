/// ws and wss: requests and replies as binary WebSocket messages, numbered as nanomsg numbers them.
///
/// Both ends are SwiftNIO's. They understand nanomsg's own ws, so that either end may be an older release, but no stranger
/// reaches nanomsg by it: nanomsg ends the process where a handshake or a frame is not what it expects. A request is one
/// message, and a connection has one request without a reply at a time.
///
/// A server speaks plain ws. TLS is the business of a reverse proxy in front of it, to which a dialer of `wss` connects,
/// through an HTTP proxy of its own site if there is one.
public struct WebSocketTransport: Transport {
    /// The largest limit that `listen` and `dial` take.
    public static let largestLimit = 1 << 30

    private let outbound: Outbound

    /// Creates the transport.
    ///
    /// - Parameter outbound: how dialers leave their site.
    public init(outbound: Outbound = Outbound()) { self.outbound = outbound }

    /// Listens on a `ws` endpoint and serves every path; see `Transport.listen`.
    public func listen(on endpoint: Endpoint, limit: Int) throws -> any RequestServer {
        try Self.check(limit)
        return try WebSocketServer(endpoint: endpoint, limit: limit)
    }

    /// Makes a client of a `ws` or `wss` endpoint; see `Transport.dial`.
    ///
    /// - Throws: `TransportError`; requests throw `blocked` where a proxy or a server on the way says no.
    public func dial(_ endpoint: Endpoint, limit: Int) throws -> any RequestDialer {
        try Self.check(limit)
        return try WebSocketDialer(WebSocketRoute(to: endpoint, outbound: outbound), limit: limit)
    }

    private static func check(_ limit: Int) throws {
        guard (1...largestLimit).contains(limit) else {
            throw TransportError(.tooLarge, "a limit of \(limit) bytes: WebSocket takes 1 to \(largestLimit)")
        }
    }
}
