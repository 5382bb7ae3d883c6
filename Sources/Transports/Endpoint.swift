/// Where a server listens: `tcp://HOST:PORT`, `ws://HOST:PORT[/PATH]`, `wss://HOST[:PORT][/PATH]`, `ipc:///PATH` or
/// `inproc://NAME`.
public enum Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// TCP.
    case tcp(Host, port: UInt16)
    /// WebSocket; the path, empty or with its leading `/`, is for a proxy on the way.
    case ws(Host, port: UInt16, path: String)
    /// WebSocket over TLS: a reverse proxy that forwards to a `ws` endpoint. It can be dialed, not listened on.
    case wss(Host, port: UInt16, path: String)
    /// A Unix domain socket at an absolute path.
    case ipc(path: String)
    /// A name within this process.
    case inproc(name: String)

    /// The word before `://`.
    public enum Scheme: String, CaseIterable, Sendable {
        /// TCP.
        case tcp
        /// WebSocket.
        case ws
        /// WebSocket over TLS.
        case wss
        /// A Unix domain socket.
        case ipc
        /// Within this process.
        case inproc
    }

    /// The word before `://`.
    public var scheme: Scheme {
        switch self {
        case .tcp: .tcp
        case .ws: .ws
        case .wss: .wss
        case .ipc: .ipc
        case .inproc: .inproc
        }
    }

    /// The machine and address, where the scheme has one.
    public var host: Host? {
        switch self {
        case .tcp(let host, _), .ws(let host, _, _), .wss(let host, _, _): host
        case .ipc, .inproc: nil
        }
    }

    /// The port, where the scheme has one; 0 asks `listen` for a free one.
    public var port: UInt16? {
        switch self {
        case .tcp(_, let port), .ws(_, let port, _), .wss(_, let port, _): port
        case .ipc, .inproc: nil
        }
    }

    /// The endpoint as it is written, and as it can be read again.
    public var description: String {
        switch self {
        case .tcp(let host, let port): "tcp://\(host):\(port)"
        case .ws(let host, let port, let path): "ws://\(host):\(port)\(path)"
        case .wss(let host, Self.httpsPort, let path): "wss://\(host)\(path)"
        case .wss(let host, let port, let path): "wss://\(host):\(port)\(path)"
        case .ipc(let path): "ipc://\(path)"
        case .inproc(let name): "inproc://\(name)"
        }
    }

    /// The same endpoint at another host and port; unchanged where its scheme has none.
    func at(_ host: Host, port: UInt16) -> Endpoint {
        switch self {
        case .tcp: .tcp(host, port: port)
        case .ws(_, _, let path): .ws(host, port: port, path: path)
        case .wss(_, _, let path): .wss(host, port: port, path: path)
        case .ipc, .inproc: self
        }
    }

    /// The port of `wss` where none is named.
    static let httpsPort: UInt16 = 443
}
