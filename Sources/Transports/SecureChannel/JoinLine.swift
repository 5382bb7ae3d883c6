/// What `lorad worker --join '…'` gets: where the coordinator listens, the key it must prove to hold, and a token.
///
/// ```
/// tcp://HOST:7700?key=<public key>&token=<token>
/// ipc:///path/socket?key=<public key>
/// tcp://HOST:7700?insecure=1&token=<token>
/// ```
/// Without a key there must be `insecure=1`: nothing is encrypted then, and nobody proves who they are.
public struct JoinLine: Sendable {
    /// What of the coordinator is known beforehand.
    public enum Coordinator: Sendable, Equatable {
        /// It must prove that it holds this key; everything is encrypted.
        case pinned(PublicIdentity)
        /// Anyone may answer, and read along.
        case insecure
    }

    /// The address without its parameters, as `tcp://HOST:7700`.
    public let address: String
    /// Whom the worker talks to.
    public let coordinator: Coordinator
    /// What admits the worker the first time; nil for one whose key is listed or enrolled already.
    public let token: JoinToken?

    /// Puts a line together; `address` has no parameters of its own.
    public init(address: String, coordinator: Coordinator, token: JoinToken?) {
        self.address = address
        self.coordinator = coordinator
        self.token = token
    }

    /// Reads a line.
    ///
    /// - Throws: `TransportError`: `invalidEndpoint` where there is no address or a parameter is unknown, `invalidKey`
    ///   where the key is missing or no key, `malformed` where the token is damaged.
    public init(text: String) throws {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let address = parts.first.map(String.init) ?? ""
        try Self.checkAddress(address)
        let parameters = try Self.parameters(parts.count > 1 ? parts[1] : "")
        self.init(
            address: address, coordinator: try Self.coordinator(parameters),
            token: try parameters["token"].map { try JoinToken(text: $0) })
    }

    /// The line to paste, in quotes where a shell reads it. It holds the token, which is a secret.
    public var text: String {
        var parameters: [String] = []
        switch coordinator {
        case .pinned(let key): parameters.append("key=\(key.text)")
        case .insecure: parameters.append("insecure=1")
        }
        if let token { parameters.append("token=\(token.text)") }
        return "\(address)?\(parameters.joined(separator: "&"))"
    }

    private static func checkAddress(_ address: String) throws {
        let parts = address.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), !address.contains(where: \.isWhitespace) else {
            throw TransportError(
                .invalidEndpoint,
                "'\(address.printable(limit: 80))' is no address; a join line looks like tcp://HOST:7700?key=…&token=…")
        }
    }

    private static func parameters(_ query: Substring) throws -> [String: Substring] {
        var parameters: [String: Substring] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard parts.count == 2, ["key", "token", "insecure"].contains(name), parameters[name] == nil else {
                throw TransportError(
                    .invalidEndpoint,
                    "'\(name.printable(limit: 40))' in the join line: it may have key=…, token=… and insecure=1, each once"
                )
            }
            parameters[name] = parts[1]
        }
        return parameters
    }

    private static func coordinator(_ parameters: [String: Substring]) throws -> Coordinator {
        switch (parameters["key"], parameters["insecure"]) {
        case (let key?, nil): return .pinned(try identity(key))
        case (nil, "1"): return .insecure
        case (nil, nil):
            throw TransportError(
                .invalidKey,
                "the join line has no key=…: copy the whole line that the coordinator printed, in quotes, "
                    + "because a shell ends an unquoted line at '&'")
        case (nil, _): throw TransportError(.invalidEndpoint, "insecure=1 is the only value of 'insecure'")
        case (_, _):
            throw TransportError(
                .invalidEndpoint, "the join line has both key=… and insecure=1; it must be one of them")
        }
    }

    private static func identity(_ key: Substring) throws -> PublicIdentity {
        do {
            return try PublicIdentity(text: key)
        } catch {
            throw TransportError(
                .invalidKey, "the coordinator's key in the join line cannot be used: copy the line again", cause: error)
        }
    }
}
