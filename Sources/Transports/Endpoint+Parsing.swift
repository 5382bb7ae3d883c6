extension Endpoint {
    /// Reads an endpoint.
    ///
    /// - Throws: `TransportError.invalidEndpoint`, which says what is wrong and what would be right.
    public init(_ text: String) throws {
        guard let separator = text.firstRange(of: "://") else {
            throw Self.invalid(
                text,
                "has no scheme: write tcp://HOST:PORT, ws://HOST:PORT, wss://HOST/PATH, ipc:///PATH or inproc://NAME")
        }
        let rest = text[separator.upperBound...]
        switch Scheme(rawValue: text[..<separator.lowerBound].lowercased()) {
        case .tcp: self = try Self.tcp(rest, in: text)
        case .ws: self = try Self.ws(rest, in: text)
        case .wss: self = try Self.wss(rest, in: text)
        case .ipc: self = try Self.ipc(rest, in: text)
        case .inproc: self = try Self.inproc(rest, in: text)
        case nil:
            let known = Scheme.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.invalid(text, "the scheme “\(text[..<separator.lowerBound])” is none of \(known)")
        }
    }

    private static func tcp(_ rest: Substring, in text: String) throws -> Endpoint {
        let (host, port) = try address(rest, in: text)
        return .tcp(host, port: port)
    }

    private static func ws(_ rest: Substring, in text: String) throws -> Endpoint {
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let (host, port) = try address(rest[..<slash], in: text)
        return .ws(host, port: port, path: try path(rest[slash...], in: text))
    }

    private static func wss(_ rest: Substring, in text: String) throws -> Endpoint {
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        let afterHost = authority.lastIndex(of: "]").map { authority[$0...] } ?? authority
        let (host, port) = try address(
            afterHost.contains(":") ? authority : "\(authority):\(httpsPort)", in: text)
        return .wss(host, port: port, path: try path(rest[slash...], in: text))
    }

    private static func path(_ path: Substring, in text: String) throws -> String {
        guard path.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: ";") }) else {
            throw invalid(text, "the path “\(path)” may have printable ASCII characters only, and no “;”")
        }
        return String(path)
    }

    private static func ipc(_ path: Substring, in text: String) throws -> Endpoint {
        guard path.hasPrefix("/"), path.count > 1 else {
            throw invalid(text, "the path of a socket is absolute: write ipc:///run/lorad.sock")
        }
        guard path.utf8.count <= longestSocketPath, !path.utf8.contains(0) else {
            throw invalid(
                text, "the path of a socket has at most \(longestSocketPath) bytes, this has \(path.utf8.count)")
        }
        return .ipc(path: String(path))
    }

    private static func inproc(_ name: Substring, in text: String) throws -> Endpoint {
        guard !name.isEmpty else { throw invalid(text, "has no name: write inproc://NAME") }
        return .inproc(name: String(name))
    }

    /// `sun_path` has 108 bytes on Linux and 104 on Darwin, one of them for the end.
    private static let longestSocketPath = 103

    private static func address(_ rest: Substring, in text: String) throws -> (Host, UInt16) {
        guard let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") else {
            throw invalid(text, "has no port: write HOST:PORT")
        }
        guard let host = Host(rest[..<colon]) else { throw invalid(text, hostProblem(rest[..<colon])) }
        let digits = rest[rest.index(after: colon)...]
        guard digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains), let port = UInt16(digits) else {
            throw invalid(text, "the port “\(digits)” is not a number from 0 to 65535")
        }
        return (host, port)
    }

    private static func hostProblem(_ host: Substring) -> String {
        if host.isEmpty { return "has no host: write HOST:PORT, or *:PORT to listen on every address" }
        if host.contains("@") { return "“\(host)” has a user name, which is no part of an endpoint" }
        if host.contains("%") { return "“\(host)”: an IPv6 address with a zone cannot be used; give another address" }
        if host.contains(":"), !host.hasPrefix("[") { return "an IPv6 address needs brackets: [\(host)]" }
        return "“\(host)” is neither an IP address nor a host name"
    }

    private static func invalid(_ text: String, _ problem: String) -> TransportError {
        TransportError(.invalidEndpoint, "\(text): \(problem)")
    }
}
