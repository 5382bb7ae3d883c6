/// Where metrics are served: `127.0.0.1:9700`, `[::1]:9700` or `localhost:9700`; port 0 takes a free one.
struct MetricsAddress: Equatable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads an address.
    ///
    /// - Throws: `CommandError` that says what is expected.
    init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw Self.error(text)
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw Self.error(text)
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace), !host.contains("/") else { throw Self.error(text) }
        self.init(host: host, port: Int(port))
    }

    private static func error(_ text: String) -> CommandError {
        CommandError("--metrics \(text.debugDescription): expected HOST:PORT, as 127.0.0.1:9700 or [::1]:9700")
    }

    /// The address as a URL has it.
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
