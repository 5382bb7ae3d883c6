import Foundation
import NIOCore
import NIOPosix
import NIOWebSocket

/// The way to a server: straight or through a proxy, with or without TLS.
struct WebSocketRoute: Sendable {
    let endpoint: Endpoint
    private let host: Endpoint.Host
    private let port: UInt16
    private let proxy: HTTPProxy?
    private let tls: TLSContext?

    /// - Throws: `TransportError`: `invalidEndpoint`, `unresolvable` where a name has no address and no proxy looks it up,
    ///   `invalidKey` where the authorities' file cannot be used.
    init(to endpoint: Endpoint, outbound: Outbound) throws {
        guard [.ws, .wss].contains(endpoint.scheme), let host = endpoint.host, let port = endpoint.port else {
            throw TransportError(.invalidEndpoint, "\(endpoint): WebSocket dials ws://HOST:PORT or wss://HOST/PATH")
        }
        guard !host.isWildcard, port != 0 else {
            throw TransportError(.invalidEndpoint, "\(endpoint): can be listened on; to dial, give a host and its port")
        }
        self.endpoint = endpoint
        (self.host, self.port) = (host, port)
        proxy = try outbound.proxies.proxy(to: endpoint)
        if endpoint.scheme == .wss, proxy != nil {
            guard case .name = host else {
                throw TransportError(
                    .invalidEndpoint,
                    "\(endpoint): behind a proxy the certificate of an address cannot be checked: use the server's name"
                )
            }
        }
        if case .name(let name) = proxy?.host ?? host { _ = try HostAddresses.resolve(name) }
        tls = endpoint.scheme == .wss ? try Self.context(outbound.authorityFile) : nil
    }

    /// Adds what a connection is for, on its event loop, once the way is open; keeps the promise when it can be used.
    typealias Purpose = @Sendable (any Channel, EventLoopPromise<any Channel>) throws -> Void

    /// Opens a connection that is ready for messages.
    ///
    /// - Parameters:
    ///   - limit: the most bytes of a reply.
    ///   - begun: gets what gives the attempt up, with `TransportError.closed`; may be called from any thread, at any time.
    ///   - received: takes replies, on the event loop.
    /// - Throws: `TransportError`: `blocked` where a proxy, a certificate or the server is in the way, else `unavailable`.
    func connect(
        limit: Int, timeout: TimeAmount, begun: (@escaping @Sendable () -> Void) -> Void = { _ in },
        received: @escaping @Sendable (NumberedMessage) -> Void
    ) throws -> any Channel {
        try open(timeout: timeout, begun: begun, for: { try upgrade($0, limit, $1, received) })
    }

    /// Opens a connection for any purpose; see `connect`.
    func open(
        timeout: TimeAmount, begun: (@escaping @Sendable () -> Void) -> Void = { _ in }, for purpose: @escaping Purpose
    ) throws -> any Channel {
        let loop = NetworkLoops.group.next()
        let ready = loop.makePromise(of: (any Channel).self)
        let (target, targetPort) = proxy.map { ($0.host, $0.port) } ?? (host, port)
        let deadline = loop.scheduleTask(in: timeout) {
            ready.fail(
                TransportError(.timeout, "\(endpoint): no connection within \(timeout.nanoseconds / 1_000_000) ms"))
        }
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try begin(on: channel, ready, purpose) }
            }
        let connecting = try Self.connection(bootstrap, to: target, Int(targetPort))
        connecting.whenFailure { ready.fail($0) }
        ready.futureResult.whenComplete { _ in deadline.cancel() }
        begun { ready.fail(TransportError(.closed, "\(endpoint): this end was closed")) }
        do {
            return try ready.futureResult.wait()
        } catch {
            connecting.whenSuccess { $0.close(promise: nil) }
            throw problem(error)
        }
    }

    /// The first stage: the proxy if there is one.
    private func begin(
        on channel: any Channel, _ ready: EventLoopPromise<any Channel>, _ purpose: @escaping Purpose
    ) throws {
        guard let proxy else { return try secure(channel, ready, purpose) }
        try channel.pipeline.syncOperations.addHandler(
            HeadExchange(ConnectRequest(proxy: proxy, host: host, port: port)) {
                try secure($0, ready, purpose)
            } failed: {
                ready.fail($0)
            })
    }

    /// The second stage: TLS if it is wanted.
    private func secure(
        _ channel: any Channel, _ ready: EventLoopPromise<any Channel>, _ purpose: Purpose
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(TLSHandler(tls, .client(of: host))) }
        try purpose(channel, ready)
    }

    /// The last stage of a connection for messages: the WebSocket handshake.
    private func upgrade(
        _ channel: any Channel, _ limit: Int, _ ready: EventLoopPromise<any Channel>,
        _ received: @escaping @Sendable (NumberedMessage) -> Void
    ) throws {
        try channel.pipeline.syncOperations.addHandler(
            HeadExchange(UpgradeRequest(to: endpoint)) { channel in
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(WebSocketFrameEncoder())
                try pipeline.addHandler(
                    ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limit + NumberedMessage.headerSize)))
                try pipeline.addHandler(ClientConversation(limit: limit, received: received))
                ready.succeed(channel)
            } failed: {
                ready.fail($0)
            })
    }

    /// Why the way cannot be gone, with what to do.
    func problem(_ error: any Error) -> TransportError {
        switch error {
        case let error as TransportError: error
        case let error as TLSError: problem(error)
        default:
            TransportError(
                .unavailable, "\(proxy.map { "the proxy \($0)" } ?? "\(endpoint)") cannot be reached", cause: error)
        }
    }

    private func problem(_ error: TLSError) -> TransportError {
        switch error.code {
        case .cutOff:
            TransportError(.unavailable, "\(endpoint) closed the connection before it answered", cause: error)
        case .untrusted:
            TransportError(
                .blocked,
                "\(endpoint): \(error): if this site's proxy or the server has a certificate of an authority of its own, "
                    + "name its file with --ca-file")
        case .anotherName:
            TransportError(.blocked, "\(endpoint): \(error): check the address, or ask who runs the server")
        case .outOfDate:
            TransportError(.blocked, "\(endpoint): \(error): set the clock, or ask who runs the server to renew it")
        case .notTLS:
            TransportError(.blocked, "\(endpoint): \(error): check the port, or join by ws:// if the server has no TLS")
        case .badCertificate, .version, .refused, .malformed, .unusable:
            TransportError(.blocked, "\(endpoint): TLS fails: \(error)")
        }
    }

    /// An address is dialled as it is; only a name goes through the system's resolver.
    private static func connection(
        _ bootstrap: ClientBootstrap, to host: Endpoint.Host, _ port: Int
    ) throws -> EventLoopFuture<any Channel> {
        switch host {
        case .any: bootstrap.connect(host: "*", port: port)
        case .name(let name): bootstrap.connect(host: name, port: port)
        case .ipv4(let text), .ipv6(let text): bootstrap.connect(to: try SocketAddress(ipAddress: text, port: port))
        }
    }

    private static func context(_ authorityFile: String?) throws -> TLSContext {
        do {
            guard let authorityFile else { return try TLSContext.client() }
            return try TLSContext.client(authorityFile: authorityFile, trustsSystem: true)
        } catch {
            throw TransportError(.invalidKey, "\(error)")
        }
    }
}
