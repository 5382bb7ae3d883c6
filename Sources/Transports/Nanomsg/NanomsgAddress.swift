import CNanomsg

/// An endpoint at one of its addresses, as nanomsg wants it.
struct NanomsgAddress {
    /// What nanomsg reads.
    let text: String
    /// Whether nanomsg may think of IPv4 alone. It has to for an IPv4 address: otherwise it binds the connection's own
    /// end to an IPv6 address, and the process ends when that has failed twice.
    let isIPv4Only: Bool

    /// The address to listen on; nanomsg serves every WebSocket path and takes none.
    init(listeningOn endpoint: Endpoint, at host: Endpoint.Host?, port: UInt16) throws {
        // Without IPv6 in the kernel `*` has to mean IPv4's addresses.
        let isAnyIPv4 = host == .any && !HostAddresses.systemHasIPv6
        try self.init(endpoint, host, port, path: "", isIPv4Only: isAnyIPv4 || host?.isIPv4 == true)
    }

    /// The address to dial.
    ///
    /// - Parameter isIPv4Only: which family a name stands for; addresses know it.
    init(dialing endpoint: Endpoint, at host: Endpoint.Host?, isIPv4Only: Bool = false) throws {
        let path = if case .ws(_, _, let path) = endpoint { path } else { "" }
        let isIPv4Only = isIPv4Only || host?.isIPv4 == true
        try self.init(endpoint, host, endpoint.port ?? 0, path: path, isIPv4Only: isIPv4Only)
    }

    private init(
        _ endpoint: Endpoint, _ host: Endpoint.Host?, _ port: UInt16, path: String, isIPv4Only: Bool
    ) throws {
        switch endpoint {
        case .tcp, .ws: text = "\(endpoint.scheme.rawValue)://\(host ?? .any):\(port)\(path)"
        case .ipc: text = "\(endpoint)"
        case .wss:
            throw TransportError(.invalidEndpoint, "\(endpoint): nanomsg has no TLS")
        case .inproc:
            throw TransportError(.invalidEndpoint, "\(endpoint): stays within a process and has no socket")
        }
        guard text.utf8.count < NN_SOCKADDR_MAX else {
            throw TransportError(
                .invalidEndpoint, "\(endpoint): is longer than \(NN_SOCKADDR_MAX - 1) bytes; shorten it")
        }
        self.isIPv4Only = isIPv4Only
    }
}
