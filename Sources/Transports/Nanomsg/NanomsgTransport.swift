import CNanomsg

/// tcp, ws and ipc by nanomsg's request–reply protocol: a raw server socket, whose routing headers are the tickets, and
/// a cooked client socket for each dialer.
///
/// A process can have 512 nanomsg sockets, and as many connections as it may have open files. nanomsg reads and writes
/// on one thread of its own.
///
/// `TransportRegistry` takes it for tcp and ipc; its ws is there to show that `WebSocketTransport` understands it.
///
/// **Only tcp is for strangers.** nanomsg 1.1.5 drops a tcp peer that breaks its protocol, but ends the process when a
/// ws or ipc peer does (an HTTP header or a frame length that it does not expect, a wrong byte before a message). So
/// `listen` refuses a ws address that other machines can reach, and lets this user alone connect to an ipc socket.
public struct NanomsgTransport: Transport {
    /// The largest limit that `listen` and `dial` take: nanomsg counts in 32 bits.
    public static let largestLimit = 1 << 30

    /// What nanomsg puts before a message: the request's number.
    static let headerSize = 4

    /// Creates the transport.
    public init() {}

    /// Listens; see `Transport.listen`.
    ///
    /// - Throws: `TransportError`, also `invalidEndpoint` for a ws address that other machines can reach.
    public func listen(on endpoint: Endpoint, limit: Int) throws -> any RequestServer {
        try NanomsgServer(endpoint: endpoint, limit: limit)
    }

    /// Makes a client; see `Transport.dial`. A name is looked up each time a connection is made anew, and every address
    /// it has is tried.
    public func dial(_ endpoint: Endpoint, limit: Int) throws -> any RequestDialer {
        try NanomsgDialer(endpoint: endpoint, limit: limit)
    }

    /// The bytes on the wire of a message of `limit` bytes, which is where nanomsg drops a link.
    static func largestMessage(limit: Int) throws -> Int32 {
        guard (1...largestLimit).contains(limit) else {
            throw TransportError(.tooLarge, "a limit of \(limit) bytes: nanomsg takes 1 to \(largestLimit)")
        }
        return Int32(limit + headerSize)
    }
}
