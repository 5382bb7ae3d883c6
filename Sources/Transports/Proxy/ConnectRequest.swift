/// Asks an HTTP proxy for a connection to an endpoint's host.
struct ConnectRequest: HeadRequest {
    let proxy: HTTPProxy
    let host: Endpoint.Host
    let port: UInt16

    var text: String {
        let authority = "\(host):\(port)"
        var lines = ["CONNECT \(authority) HTTP/1.1", "Host: \(authority)"]
        if let credentials = proxy.credentials { lines.append("Proxy-Authorization: \(credentials.header)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    var peer: String { "the proxy \(proxy)" }

    func check(_ reply: ResponseHead) throws {
        switch reply.status {
        case 200..<300: return
        // tinyproxy says 401 to a wrong password.
        case 401, 407: throw TransportError(.blocked, passwordProblem(reply))
        case 502...504:
            throw TransportError(.unavailable, "\(peer) cannot reach \(host):\(port) (\(reply.summary))")
        default:
            throw TransportError(
                .blocked,
                "\(peer) does not connect to \(host):\(port) (\(reply.summary)): ask its administrator to allow it")
        }
    }

    private func passwordProblem(_ reply: ResponseHead) -> String {
        let schemes = reply.values(of: "proxy-authenticate").map { $0.prefix { $0 != " " }.lowercased() }
        if !schemes.isEmpty, !schemes.contains("basic") {
            let list = schemes.joined(separator: ", ").printable(limit: 80)
            return "\(peer) asks for a password by \(list), which lorad does not speak: run a local proxy that does, "
                + "and give it with --proxy"
        }
        return proxy.credentials == nil
            ? "\(peer) asks for a password: give USER:PASSWORD in the file of --proxy-auth-file, or in "
                + "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
            : "\(peer) refuses the user name or the password"
    }
}
