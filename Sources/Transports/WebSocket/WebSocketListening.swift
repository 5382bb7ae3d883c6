import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Binding a server: addresses, free ports, and the handlers of each connection.
enum WebSocketListening {
    /// How often a free port is sought again when another process takes it first.
    private static let attempts = 16
    /// What a client of nanomsg's asks for, and both ends of lorad.
    static let subprotocol = "rep.sp.nanomsg.org"
    /// Bytes of a handshake's headers, and their number.
    private static let headerLimits = (bytes: 16 << 10, count: 64)

    /// Connections at once: as many as the process may have files, but for those that it needs itself.
    static var mostConnections: Int {
        let files = sysconf(Int32(_SC_OPEN_MAX))  // the soft limit of the moment
        return max(64, (files > 0 ? files : 1024) - 256)
    }

    /// A bound channel, and the endpoint with its address and port.
    static func listen(
        on endpoint: Endpoint, limit: Int, _ connections: ServerConnections
    ) throws -> (any Channel, Endpoint) {
        guard case .ws(let host, _, _) = endpoint else {
            throw TransportError(
                .invalidEndpoint,
                "\(endpoint): cannot be listened on by WebSocket: listen on ws://HOST:PORT, and let a reverse proxy end TLS"
            )
        }
        let hosts = if case .name(let name) = host { try HostAddresses.resolve(name) } else { [host] }
        var last: (any Error)?
        for host in hosts {
            do {
                let bound = try bind(endpoint, host, limit, connections)
                return (bound.channel, endpoint.at(host, port: bound.port))
            } catch {
                last = error
            }
        }
        throw last ?? TransportError(.unresolvable, "\(endpoint): has no address to listen on")
    }

    private static func bind(
        _ endpoint: Endpoint, _ host: Endpoint.Host, _ limit: Int, _ connections: ServerConnections
    ) throws -> (channel: any Channel, port: UInt16) {
        let wanted = endpoint.port ?? 0
        guard wanted == 0 else {
            return (try bind(endpoint, host, wanted, limit, connections), wanted)
        }
        for _ in 1..<attempts {
            let port = try HostAddresses.freePort(on: host)
            do {
                return (try bind(endpoint, host, port, limit, connections), port)
            } catch let error as TransportError where error.code == .addressInUse {
                continue
            }
        }
        throw TransportError(.addressInUse, "\(endpoint): free ports are taken before they can be used; name one")
    }

    private static func bind(
        _ endpoint: Endpoint, _ host: Endpoint.Host, _ port: UInt16, _ limit: Int, _ connections: ServerConnections
    ) throws -> any Channel {
        let bootstrap = ServerBootstrap(group: NetworkLoops.group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { channel in prepare(channel, limit, connections) }
        do {
            return try bootstrap.bind(to: address(of: host, port: port)).wait()
        } catch let error as IOError {
            throw problem(error, endpoint, port)
        }
    }

    private static func address(of host: Endpoint.Host, port: UInt16) throws -> SocketAddress {
        let text =
            switch host {
            case .any: HostAddresses.systemHasIPv6 ? "::" : "0.0.0.0"
            case .ipv4(let text), .ipv6(let text), .name(let text): text
            }
        return try SocketAddress(ipAddress: text, port: Int(port))
    }

    /// The handlers of a connection: HTTP until the handshake is over, then frames.
    private static func prepare(
        _ channel: any Channel, _ limit: Int, _ connections: ServerConnections
    ) -> EventLoopFuture<Void> {
        guard let number = connections.admit(channel) else { return channel.close() }
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: limit + NumberedMessage.headerSize, automaticErrorHandling: false,
            shouldUpgrade: { channel, head in channel.eventLoop.makeSucceededFuture(answer(to: head)) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ServerConversation(number: number, connections: connections, limit: limit))
                }
            })
        return channel.eventLoop.makeCompletedFuture {
            let guardian = HandshakeGuard()
            let pipeline = channel.pipeline.syncOperations
            let bound = NIOLoopBound(guardian, eventLoop: channel.eventLoop)
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = headerLimits.bytes
            limits.maxHeaderListSize = headerLimits.bytes
            limits.maxHeaderFieldCount = headerLimits.count
            try pipeline.configureHTTPServerPipeline(
                withServerUpgrade: (
                    upgraders: [upgrader],
                    completionHandler: { $0.pipeline.syncOperations.removeHandler(bound.value, promise: nil) }
                ), withEncoderConfiguration: .init(),
                withDecoderLimitConfiguration: limits)
            try pipeline.addHandler(guardian)
        }
    }

    /// The handshake's further headers; nil refuses it.
    private static func answer(to head: HTTPRequestHead) -> HTTPHeaders? {
        let offered = head.headers[canonicalForm: "sec-websocket-protocol"]
        guard offered.contains(where: { $0 == subprotocol }) else { return nil }
        return ["sec-websocket-protocol": subprotocol]
    }

    private static func problem(_ error: IOError, _ endpoint: Endpoint, _ port: UInt16) -> TransportError {
        switch error.errnoCode {
        case EADDRINUSE:
            TransportError(
                .addressInUse, "\(endpoint): something listens there already: stop it, or give --listen another port")
        case EADDRNOTAVAIL:
            TransportError(
                .invalidEndpoint, "\(endpoint): is not an address of this machine; *:\(port) listens on all of them",
                cause: error)
        case EACCES:
            TransportError(.unavailable, "\(endpoint): this user may not listen there", cause: error)
        default:
            TransportError(.unavailable, "\(endpoint): cannot listen there", cause: error)
        }
    }
}
