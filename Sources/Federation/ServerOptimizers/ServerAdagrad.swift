import Tensors

/// FedAdagrad (arXiv:2003.00295): m ← β₁m + (1−β₁)Δ, v ← v + Δ², x ← x + η m / (√v + τ), v beginning at τ².
///
/// Defaults: η = 0.1, β₁ = 0, τ = 10⁻³.
struct ServerAdagrad: ServerOptimizer {
    static let name = "adagrad"

    private let learningRate: Double
    private let beta1: Double
    private let tau: Double
    private var moments: ServerMoments

    init(_ options: ServerOptimizerOptions) throws {
        learningRate = try options.positive(options.learningRate, "learning rate", default: 0.1)
        beta1 = try options.decay(options.beta1, "beta1", default: 0)
        tau = try options.positive(options.adaptivity, "adaptivity", default: 1e-3)
        moments = ServerMoments([("mean", 0), ("variance", Float(tau * tau))])
    }

    mutating func step(_ state: StateDict, toward aggregate: StateDict, keys: [String]) throws -> StateDict {
        let (rate, beta1, tau) = (learningRate, beta1, tau)
        return try moments.step(state, toward: aggregate, keys: keys) { _ in
            {
                $0.first = beta1 * $0.first + (1 - beta1) * $0.difference
                $0.second += $0.difference * $0.difference
                $0.value += rate * $0.first / ($0.second.squareRoot() + tau)
            }
        }
    }

    var stateDict: StateDict { moments.stateDict }

    mutating func restore(_ stateDict: StateDict, for parameters: StateDict) throws {
        try moments.restore(stateDict, for: parameters)
    }
}
