/// Which proxy an endpoint is reached through.
public struct ProxyRules: Sendable {
    /// No proxy at all.
    public static let direct = ProxyRules(explicit: nil, ofEnvironment: nil, exceptions: ProxyExceptions(""))

    /// The user's own choice, for `ws` and `wss`.
    private let explicit: HTTPProxy?
    /// What the environment says, for `wss` alone.
    private let ofEnvironment: HTTPProxy?
    private let exceptions: ProxyExceptions

    private init(explicit: HTTPProxy?, ofEnvironment: HTTPProxy?, exceptions: ProxyExceptions) {
        self.explicit = explicit
        self.ofEnvironment = ofEnvironment
        self.exceptions = exceptions
    }

    /// Rules as curl has them: an option counts before `https_proxy`, that before `HTTPS_PROXY`, `all_proxy` and
    /// `ALL_PROXY`; hosts in `no_proxy` or `NO_PROXY` are reached straight. An option has no exceptions.
    ///
    /// - Parameters:
    ///   - option: the text of `--proxy`; `none` uses no proxy.
    ///   - credentials: name and password for it, in place of those in the text.
    ///   - environment: the process's environment. An empty variable is one that is not set.
    /// - Throws: `TransportError.invalidEndpoint` where a proxy cannot be read.
    public init(
        option: String?, credentials: HTTPProxy.Credentials? = nil, environment: [String: String]
    ) throws {
        let set = environment.filter { !$0.value.isEmpty }
        exceptions = ProxyExceptions(set["no_proxy"] ?? set["NO_PROXY"] ?? "")
        if let option {
            ofEnvironment = nil
            explicit = option == "none" ? nil : try Self.proxy(option, "--proxy", credentials)
        } else {
            explicit = nil
            let name = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].first { set[$0] != nil }
            ofEnvironment = try name.map { try Self.proxy(set[$0] ?? "", $0, credentials) }
        }
    }

    private static func proxy(
        _ text: String, _ source: String, _ credentials: HTTPProxy.Credentials?
    ) throws -> HTTPProxy {
        var proxy = try HTTPProxy(text, from: source)
        if let credentials { proxy.credentials = credentials }
        return proxy
    }

    /// The proxy that leads to an endpoint; nil for none.
    ///
    /// - Throws: `TransportError.invalidEndpoint` where a proxy was asked for and the scheme cannot go through one.
    public func proxy(to endpoint: Endpoint) throws -> HTTPProxy? {
        guard let host = endpoint.host, let port = endpoint.port, [.ws, .wss].contains(endpoint.scheme) else {
            guard explicit != nil else { return nil }
            throw TransportError(
                .invalidEndpoint,
                "--proxy: \(endpoint) cannot be reached through a proxy: the join line must be wss://HOST/PATH or ws://…"
            )
        }
        if let explicit { return explicit }
        guard endpoint.scheme == .wss, !exceptions.contains(host, port: port) else { return nil }
        return ofEnvironment
    }
}
