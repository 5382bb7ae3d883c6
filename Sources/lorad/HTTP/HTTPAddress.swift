import Foundation

/// Where something is served over HTTP: `127.0.0.1:9700`, `[::1]:9700` or `localhost:9700`; port 0 takes a free one.
struct HTTPAddress: Equatable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads an address.
    ///
    /// - Parameter option: the option that it was given by, for the message.
    /// - Throws: `CommandError` that says what is expected.
    init(_ text: String, option: String) throws {
        let problem = CommandError(
            "\(option) \(text.debugDescription): expected HOST:PORT, as 127.0.0.1:9700 or [::1]:9700")
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw problem
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw problem
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace), !host.contains("/") else { throw problem }
        self.init(host: host, port: Int(port))
    }

    /// The address as a URL has it.
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether only this machine reaches it.
    var isLoopback: Bool {
        host.lowercased() == "localhost" || host == "::1" || Self.isIPv4(host) && host.hasPrefix("127.")
    }

    /// Whether a browser that names this host means this server.
    ///
    /// A page of a stranger's may give its own name this machine's address, and would then read what is served here as its
    /// own (DNS rebinding). Such a name is none of the address, of `localhost`, or of an IP address.
    ///
    /// - Parameter authority: the request's `Host`; nil where it has none.
    func isMeant(by authority: String?) -> Bool {
        guard let authority, !authority.isEmpty else { return false }
        if authority.hasPrefix("[") { return Self.isIPv6(authority.dropFirst().prefix { $0 != "]" }) }
        let name = authority.prefix { $0 != ":" }.lowercased()
        return name == "localhost" || name == host.lowercased() || Self.isIPv4(name)
    }

    private static func isIPv6(_ text: Substring) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, String(text), &address) == 1
    }

    private static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil && $0.allSatisfy(\.isNumber) }
    }
}
