import ArgumentParser

/// What the holder of an access token may do.
enum AccessRole: String, CaseIterable, Codable, Sendable, ExpressibleByArgument {
    /// See the run's page and its metrics.
    case look
    /// The same, and act on the run: pause, resume, stop, revoke, extend a deadline, make join tokens.
    case manage

    /// Whether it includes another.
    func includes(_ other: AccessRole) -> Bool { self == .manage || other == .look }
}

/// When looking at a run over HTTP takes a token. Acting always does.
enum TokenRule: String, CaseIterable, Sendable, ExpressibleByArgument {
    /// On addresses that other machines reach.
    case auto
    /// Everywhere.
    case always
    /// Nowhere.
    case never

    /// Whether viewing requires a token at an address.
    func applies(at address: HTTPAddress) -> Bool {
        switch self {
        case .auto: !address.isLoopback
        case .always: true
        case .never: false
        }
    }
}
