import Crypto
import Foundation

/// Asks a server to make a WebSocket of the connection (RFC 6455).
struct UpgradeRequest: HeadRequest {
    let endpoint: Endpoint
    /// 16 random bytes in Base64.
    let key: String

    /// A request with a fresh key.
    init(to endpoint: Endpoint) {
        let random = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        self.init(to: endpoint, key: Data(random).base64EncodedString())
    }

    init(to endpoint: Endpoint, key: String) {
        (self.endpoint, self.key) = (endpoint, key)
    }

    var text: String {
        let lines = [
            "GET \(path) HTTP/1.1", "Host: \(authority)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: \(WebSocketListening.subprotocol)",
        ]
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    var peer: String { "\(endpoint)" }

    /// What the server must answer to the key.
    var accept: String {
        let digest = Insecure.SHA1.hash(data: Data("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
        return Data(digest).base64EncodedString()
    }

    func check(_ reply: ResponseHead) throws {
        switch reply.status {
        case 101: try checkSwitch(reply)
        case 429, 500...599:
            throw TransportError(
                .unavailable, "\(peer): the server in front of the coordinator cannot reach it (\(reply.summary))")
        default:
            throw TransportError(
                .blocked,
                "\(peer): no coordinator answers there (\(reply.summary)): check the path, and that the reverse proxy forwards "
                    + "WebSocket")
        }
    }

    private func checkSwitch(_ reply: ResponseHead) throws {
        guard reply.values(of: "upgrade").map({ $0.lowercased() }) == ["websocket"],
            reply.values(of: "sec-websocket-accept") == [accept], reply.values(of: "sec-websocket-extensions").isEmpty,
            reply.values(of: "sec-websocket-protocol") == [WebSocketListening.subprotocol]
        else {
            throw TransportError(.blocked, "\(peer): the answer to the WebSocket handshake is not a coordinator's")
        }
    }

    private var path: String {
        switch endpoint {
        case .ws(_, _, let path), .wss(_, _, let path): path.isEmpty ? "/" : path
        case .tcp, .ipc, .inproc: "/"
        }
    }

    private var authority: String {
        guard let host = endpoint.host, let port = endpoint.port else { return "" }
        let usual: UInt16 = endpoint.scheme == .wss ? Endpoint.httpsPort : 80
        return port == usual ? "\(host)" : "\(host):\(port)"
    }
}
