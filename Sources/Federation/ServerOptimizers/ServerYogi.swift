import Tensors

/// FedYogi (arXiv:2003.00295): m ← β₁m + (1−β₁)Δ, v ← v − (1−β₂)Δ² sign(v − Δ²), x ← x + η m / (√v + τ), v beginning at τ².
///
/// v moves by no more than Δ², so that a few small rounds do not make steps large. Defaults: η = 0.01, β₁ = 0.9,
/// β₂ = 0.99, τ = 10⁻³.
struct ServerYogi: ServerOptimizer {
    static let name = "yogi"

    private let learningRate: Double
    private let beta1: Double
    private let beta2: Double
    private let tau: Double
    private var moments: ServerMoments

    init(_ options: ServerOptimizerOptions) throws {
        learningRate = try options.positive(options.learningRate, "learning rate", default: 0.01)
        beta1 = try options.decay(options.beta1, "beta1", default: 0.9)
        beta2 = try options.decay(options.beta2, "beta2", default: 0.99)
        tau = try options.positive(options.adaptivity, "adaptivity", default: 1e-3)
        moments = ServerMoments([("mean", 0), ("variance", Float(tau * tau))])
    }

    mutating func step(_ state: StateDict, toward aggregate: StateDict, keys: [String]) throws -> StateDict {
        let (rate, beta1, beta2, tau) = (learningRate, beta1, beta2, tau)
        return try moments.step(state, toward: aggregate, keys: keys) { _ in
            {
                let square = $0.difference * $0.difference
                $0.first = beta1 * $0.first + (1 - beta1) * $0.difference
                if $0.second != square { $0.second -= (1 - beta2) * ($0.second > square ? square : -square) }
                $0.value += rate * $0.first / ($0.second.squareRoot() + tau)
            }
        }
    }

    var stateDict: StateDict { moments.stateDict }

    mutating func restore(_ stateDict: StateDict, for parameters: StateDict) throws {
        try moments.restore(stateDict, for: parameters)
    }
}
