import Foundation
import Tensors

/// FedAdam (arXiv:2003.00295), bias-corrected:
/// m ← β₁m + (1−β₁)Δ, v ← β₂v + (1−β₂)Δ², x ← x + η · m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + τ).
///
/// t counts the rounds that trained the tensor. Defaults: η = 0.1, β₁ = 0.9, β₂ = 0.99, τ = 10⁻³.
struct ServerAdam: ServerOptimizer {
    static let name = "adam"

    private let learningRate: Double
    private let beta1: Double
    private let beta2: Double
    private let tau: Double
    private var moments = ServerMoments([("mean", 0), ("variance", 0)])

    init(_ options: ServerOptimizerOptions) throws {
        learningRate = try options.positive(options.learningRate, "learning rate", default: 0.1)
        beta1 = try options.decay(options.beta1, "beta1", default: 0.9)
        beta2 = try options.decay(options.beta2, "beta2", default: 0.99)
        tau = try options.positive(options.adaptivity, "adaptivity", default: 1e-3)
    }

    mutating func step(_ state: StateDict, toward aggregate: StateDict, keys: [String]) throws -> StateDict {
        let (rate, beta1, beta2, tau) = (learningRate, beta1, beta2, tau)
        return try moments.step(state, toward: aggregate, keys: keys) { steps in
            let (meanBias, varianceBias) = (1 - pow(beta1, Double(steps)), 1 - pow(beta2, Double(steps)))
            return {
                $0.first = beta1 * $0.first + (1 - beta1) * $0.difference
                $0.second = beta2 * $0.second + (1 - beta2) * $0.difference * $0.difference
                $0.value += rate * $0.first / meanBias / (($0.second / varianceBias).squareRoot() + tau)
            }
        }
    }

    var stateDict: StateDict { moments.stateDict }

    mutating func restore(_ stateDict: StateDict, for parameters: StateDict) throws {
        try moments.restore(stateDict, for: parameters)
    }
}
