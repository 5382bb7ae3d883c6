/// The (ε, δ) that may be spent.
public struct PrivacyTarget: Equatable, Sendable {
    /// ε, above 0.
    public let epsilon: Double
    /// δ, between 0 and 1.
    public let delta: Double

    /// Sets a budget.
    ///
    /// - Throws: `PrivacyError` when a value is out of range.
    public init(epsilon: Double, delta: Double) throws {
        try Requirement.number(epsilon, "target epsilon", in: 1e-6...1e6)
        try Requirement.delta(delta)
        (self.epsilon, self.delta) = (epsilon, delta)
    }
}
