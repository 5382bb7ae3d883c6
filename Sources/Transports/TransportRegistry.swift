/// The transports that an endpoint's scheme chooses among.
public enum TransportRegistry {
    /// Each scheme's transport.
    public static let byScheme: [Endpoint.Scheme: any Transport] = [
        .tcp: NanomsgTransport(),
        .ws: WebSocketTransport(),
        .wss: WebSocketTransport(),
        .ipc: NanomsgTransport(),
        .inproc: InProcessTransport(),
    ]

    /// The transport that speaks to an endpoint.
    ///
    /// - Parameter outbound: how dialers leave this site.
    /// - Throws: `TransportError.invalidEndpoint` if none does, or if a proxy was asked for that cannot lead there.
    public static func transport(
        for endpoint: Endpoint, outbound: Outbound = Outbound()
    ) throws -> any Transport {
        _ = try outbound.proxies.proxy(to: endpoint)
        if [.ws, .wss].contains(endpoint.scheme) { return WebSocketTransport(outbound: outbound) }
        guard let transport = byScheme[endpoint.scheme] else {
            throw TransportError(.invalidEndpoint, "\(endpoint): no transport speaks \(endpoint.scheme.rawValue)")
        }
        return transport
    }
}
