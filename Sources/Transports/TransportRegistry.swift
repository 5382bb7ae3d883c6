/// The transports that an endpoint's scheme chooses among.
public enum TransportRegistry {
    /// Each scheme's transport.
    public static let byScheme: [Endpoint.Scheme: any Transport] = [
        .tcp: NanomsgTransport(),
        .ws: NanomsgTransport(),
        .ipc: NanomsgTransport(),
        .inproc: InProcessTransport(),
    ]

    /// The transport that speaks to an endpoint.
    ///
    /// - Throws: `TransportError.invalidEndpoint` if none does.
    public static func transport(for endpoint: Endpoint) throws -> any Transport {
        guard let transport = byScheme[endpoint.scheme] else {
            throw TransportError(.invalidEndpoint, "\(endpoint): no transport speaks \(endpoint.scheme.rawValue)")
        }
        return transport
    }
}
