import Foundation

/// An HTTP proxy that opens connections for others (CONNECT, RFC 9110).
public struct HTTPProxy: Hashable, Sendable, CustomStringConvertible {
    /// A name and a password, sent as HTTP's Basic authentication.
    public struct Credentials: Hashable, Sendable {
        let user: String
        let password: String

        /// Reads `USER:PASSWORD`; a password may have colons.
        ///
        /// - Throws: `TransportError.invalidEndpoint`, whose message does not tell the text.
        public init(_ text: some StringProtocol) throws {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let isPrintable = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            guard let user = parts.first, !user.isEmpty, isPrintable else {
                throw TransportError(.invalidEndpoint, "a proxy's credentials are USER:PASSWORD on one line")
            }
            self.user = String(user)
            password = parts.count > 1 ? String(parts[1]) : ""
        }

        /// The value of `Proxy-Authorization` (RFC 7617, in UTF-8).
        var header: String { "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())" }
    }

    let host: Endpoint.Host
    let port: UInt16
    /// What it is told if it asks for a password.
    public var credentials: Credentials?

    /// Reads `[http://][USER:PASSWORD@]HOST[:PORT][/]`; the port is 80 if none is named. User and password may be
    /// percent-encoded.
    ///
    /// - Parameter source: where the text is from, for the message, which never tells a password.
    /// - Throws: `TransportError.invalidEndpoint`.
    public init(_ text: String, from source: String) throws {
        var rest = Substring(text)
        if let separator = text.firstRange(of: "://") {
            guard text[..<separator.lowerBound].lowercased() == "http" else {
                throw Self.problem(
                    source, "“\(text[..<separator.lowerBound].prefix(20))://”: only http:// proxies can be used")
            }
            rest = text[separator.upperBound...]
        }
        if let at = rest.lastIndex(of: "@") {
            credentials = try Self.credentials(rest[..<at], source)
            rest = rest[rest.index(after: at)...]
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        let afterHost = rest.lastIndex(of: "]").map { rest[$0...] } ?? rest
        let colon = afterHost.lastIndex(of: ":")
        guard let host = Endpoint.Host(rest[..<(colon ?? rest.endIndex)]), !host.isWildcard else {
            throw Self.problem(source, "no host: write http://HOST:PORT")
        }
        self.host = host
        port = try colon.map { try Self.port(rest[rest.index(after: $0)...], source) } ?? 80
    }

    /// Its address, without credentials.
    public var description: String { "http://\(host):\(port)" }

    private static func port(_ text: Substring, _ source: String) throws -> UInt16 {
        guard text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains), let port = UInt16(text), port > 0
        else { throw problem(source, "the port is not a number from 1 to 65535") }
        return port
    }

    private static func credentials(_ text: Substring, _ source: String) throws -> Credentials {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let decoded = parts.compactMap { String($0).removingPercentEncoding }
        guard decoded.count == parts.count, decoded.first?.contains(":") == false,
            let credentials = try? Credentials(decoded.joined(separator: ":"))
        else { throw problem(source, "the user and password cannot be read: write http://USER:PASSWORD@HOST:PORT") }
        return credentials
    }

    private static func problem(_ source: String, _ what: String) -> TransportError {
        TransportError(.invalidEndpoint, "\(source) names a proxy that cannot be used: \(what)")
    }
}
