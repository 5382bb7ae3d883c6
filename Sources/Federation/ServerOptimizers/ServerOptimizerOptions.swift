/// What a run file may say about the server optimizer; what it leaves out is the optimizer's own default.
public struct ServerOptimizerOptions: Sendable, Equatable {
    /// η, how far to go along the direction.
    public var learningRate: Double?
    /// μ of `sgd`.
    public var momentum: Double?
    /// Whether `sgd` looks ahead along its momentum.
    public var nesterov: Bool?
    /// β₁, the decay of the mean of Δ.
    public var beta1: Double?
    /// β₂, the decay of the mean of Δ².
    public var beta2: Double?
    /// τ, the smallest scale that steps adapt to.
    public var adaptivity: Double?

    /// The defaults.
    public init() {}

    /// A rate or scale, which must be positive.
    func positive(_ value: Double?, _ name: String, default standard: Double) throws -> Double {
        let value = value ?? standard
        guard value > 0, value.isFinite else {
            throw FederationError(.invalidConfiguration, "server optimizer: \(name) must be positive, not \(value)")
        }
        return value
    }

    /// A decay, 0 ≤ β < 1.
    func decay(_ value: Double?, _ name: String, default standard: Double) throws -> Double {
        let value = value ?? standard
        guard value >= 0, value < 1 else {
            throw FederationError(
                .invalidConfiguration, "server optimizer: \(name) must be at least 0 and below 1, not \(value)")
        }
        return value
    }
}
