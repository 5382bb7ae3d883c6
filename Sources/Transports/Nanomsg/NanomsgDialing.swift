import CNanomsg

/// Connecting a dialer's socket: addresses and options.
enum NanomsgDialing {
    /// A socket that keeps a connection to every address of the endpoint's host.
    static func dial(_ endpoint: Endpoint, limit: Int) throws -> NanomsgSocket {
        if endpoint.host?.isWildcard == true || endpoint.port == 0 {
            throw TransportError(.invalidEndpoint, "\(endpoint): can be listened on; to dial, give a host and its port")
        }
        let largest = try NanomsgTransport.largestMessage(limit: limit)
        let addresses = try addresses(of: endpoint)
        let socket = try NanomsgSocket(domain: AF_SP, protocol: nn_protocol_req, largest: largest)
        do {
            // nanomsg would send a request again after a minute, although the server has it and is at work on it.
            try socket.set(NN_REQ_RESEND_IVL, to: .max, level: nn_protocol_req)
            try socket.set(NN_RECONNECT_IVL, to: reconnect(endpoint).lowerBound)
            try socket.set(NN_RECONNECT_IVL_MAX, to: reconnect(endpoint).upperBound)
            for address in addresses { try socket.connect(address) }
            return socket
        } catch {
            socket.close()
            throw TransportError(.unavailable, "\(endpoint): cannot be dialed", cause: error)
        }
    }

    /// Milliseconds between attempts to connect, doubled after each. A Unix domain socket costs nothing to try, and has
    /// to be tried more often: where many dial at once it refuses all but ten, which TCP would let wait.
    private static func reconnect(_ endpoint: Endpoint) -> ClosedRange<Int32> {
        endpoint.scheme == .ipc ? 20...20 : 100...2000
    }

    /// What to connect to. A tcp name is replaced by its addresses, because nanomsg would try one family only. A ws name
    /// stays, because a proxy chooses by it; then one family has to do, IPv4 where there is a choice.
    private static func addresses(of endpoint: Endpoint) throws -> [NanomsgAddress] {
        guard case .name(let name) = endpoint.host else {
            return [try NanomsgAddress(dialing: endpoint, at: endpoint.host)]
        }
        let found = try HostAddresses.resolve(name)
        guard endpoint.scheme == .ws else { return try found.map { try NanomsgAddress(dialing: endpoint, at: $0) } }
        return [try NanomsgAddress(dialing: endpoint, at: endpoint.host, isIPv4Only: found.contains(where: \.isIPv4))]
    }
}
