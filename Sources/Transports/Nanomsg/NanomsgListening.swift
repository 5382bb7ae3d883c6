import CNanomsg
import Foundation

/// Binding a server's socket: addresses, free ports, and what the system has against them.
enum NanomsgListening {
    /// How often a free port is sought again when another process takes it first.
    private static let attempts = 16

    /// A bound socket, and the endpoint with its address and port.
    static func listen(on endpoint: Endpoint, limit: Int) throws -> (NanomsgSocket, Endpoint) {
        let largest = try NanomsgTransport.largestMessage(limit: limit)
        var last: (any Error)?
        for host in try hosts(of: endpoint) {
            do {
                let bound = try bind(endpoint, host, largest)
                return (bound.socket, host.map { endpoint.at($0, port: bound.port) } ?? endpoint)
            } catch {
                last = error
            }
        }
        throw last ?? TransportError(.unresolvable, "\(endpoint): has no address to listen on")
    }

    /// The addresses to try, one after another; nil for an endpoint that has none.
    private static func hosts(of endpoint: Endpoint) throws -> [Endpoint.Host?] {
        guard let host = endpoint.host else { return [nil] }
        let hosts = if case .name(let name) = host { try HostAddresses.resolve(name) } else { [host] }
        guard endpoint.scheme != .ws || hosts.allSatisfy(\.isLoopback) else {
            throw TransportError(
                .invalidEndpoint,
                "\(endpoint): ws listens on 127.0.0.1 and [::1] only, because a peer can end the process; use tcp")
        }
        return hosts
    }

    private static func bind(
        _ endpoint: Endpoint, _ host: Endpoint.Host?, _ largest: Int32
    ) throws -> (socket: NanomsgSocket, port: UInt16) {
        guard let host, endpoint.port == 0 else {
            return (try socket(at: endpoint, host, endpoint.port ?? 0, largest), endpoint.port ?? 0)
        }
        for _ in 1..<attempts {
            let port = try HostAddresses.freePort(on: host)
            do {
                return (try socket(at: endpoint, host, port, largest), port)
            } catch let error as TransportError where error.code == .addressInUse {
                continue
            }
        }
        throw TransportError(.addressInUse, "\(endpoint): free ports are taken before they can be used; name one")
    }

    private static func socket(
        at endpoint: Endpoint, _ host: Endpoint.Host?, _ port: UInt16, _ largest: Int32
    ) throws -> NanomsgSocket {
        let socket = try NanomsgSocket(domain: AF_SP_RAW, protocol: nn_protocol_rep, largest: largest)
        do {
            try socket.bind(NanomsgAddress(listeningOn: endpoint, at: host, port: port))
            if case .ipc(let path) = endpoint { chmod(path, 0o600) }
            return socket
        } catch let failure as NanomsgFailure {
            socket.close()
            throw problem(failure, endpoint, port)
        }
    }

    private static func problem(_ failure: NanomsgFailure, _ endpoint: Endpoint, _ port: UInt16) -> TransportError {
        switch failure.code {
        case EADDRINUSE:
            TransportError(
                .addressInUse, "\(endpoint): something listens there already: stop it, or give --listen another port")
        case EADDRNOTAVAIL, ENODEV:
            TransportError(
                .invalidEndpoint, "\(endpoint): is not an address of this machine; *:\(port) listens on all of them",
                cause: failure)
        case EACCES:
            TransportError(.unavailable, "\(endpoint): this user may not listen there", cause: failure)
        default:
            TransportError(.unavailable, "\(endpoint): cannot listen there", cause: failure)
        }
    }
}
