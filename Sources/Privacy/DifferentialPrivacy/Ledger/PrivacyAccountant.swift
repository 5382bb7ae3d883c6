/// How ε is computed from releases.
public enum PrivacyAccountant: String, Codable, Sendable, CaseIterable {
    /// Privacy loss distributions: within some 1e-4 of exact, for Gaussian noise that is Poisson-sampled or not sampled.
    case pld
    /// Rényi differential privacy: for everything, and a little looser.
    case rdp

    /// The tightest accountant that knows all of the releases.
    public static func tightest(for releases: [PrivacyRelease]) -> Self {
        releases.allSatisfy { $0.sampledGaussian != nil } ? .pld : .rdp
    }

    /// The least ε the releases together are known to keep at δ.
    ///
    /// - Throws: `PrivacyError` when δ is out of range, the releases' adjacencies differ, or the accountant does not
    ///   know one of them.
    public func spent(by releases: [PrivacyRelease], delta: Double) throws -> PrivacySpent {
        try Requirement.delta(delta)
        guard let adjacency = Adjacency.common(to: releases.map(\.adjacency)) else {
            throw PrivacyError(
                .invalidConfiguration,
                "releases under replace-one cannot be composed with others: keep to one adjacency")
        }
        switch self {
        case .rdp:
            let bound = try RDPAccountant(releases).epsilon(delta: delta)
            return PrivacySpent(
                epsilon: bound.epsilon, delta: delta, accountant: self, adjacency: adjacency, order: bound.order,
                isAtEdge: bound.isAtEdge)
        case .pld:
            let epsilon = try PLDAccountant(releases).epsilon(delta: delta)
            return PrivacySpent(
                epsilon: epsilon, delta: delta, accountant: self, adjacency: adjacency, order: nil, isAtEdge: false)
        }
    }
}

/// What releases have cost.
public struct PrivacySpent: Equatable, Sendable {
    /// ε, an upper bound; infinity where nothing can be guaranteed.
    public let epsilon: Double
    /// δ.
    public let delta: Double
    /// What computed it.
    public let accountant: PrivacyAccountant
    /// Which datasets it is about.
    public let adjacency: Adjacency
    /// The Rényi order it was found at, by the Rényi accountant.
    public let order: Double?
    /// Whether that is the first or last order tried: ε is then larger than need be.
    public let isAtEdge: Bool
}
