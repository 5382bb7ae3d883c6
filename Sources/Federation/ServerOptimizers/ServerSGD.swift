import Tensors

/// Momentum over rounds: m ← μm + Δ, x ← x + η(Δ + μm) with Nesterov's look-ahead, else x ← x + ηm (torch.optim.SGD with the
/// gradient −Δ).
///
/// The defaults η = 0.7, μ = 0.9 with look-ahead are DiLoCo's outer optimizer (arXiv:2311.08105); FedAvgM
/// (arXiv:1909.06335) is η = 1 without look-ahead.
struct ServerSGD: ServerOptimizer {
    static let name = "sgd"

    private let learningRate: Double
    private let momentum: Double
    private let looksAhead: Bool
    private var moments = ServerMoments([("momentum", 0)])

    init(_ options: ServerOptimizerOptions) throws {
        learningRate = try options.positive(options.learningRate, "learning rate", default: 0.7)
        momentum = try options.decay(options.momentum, "momentum", default: 0.9)
        looksAhead = options.nesterov ?? true
    }

    mutating func step(_ state: StateDict, toward aggregate: StateDict, keys: [String]) throws -> StateDict {
        let (rate, mu, looksAhead) = (learningRate, momentum, looksAhead)
        return try moments.step(state, toward: aggregate, keys: keys) { _ in
            {
                $0.first = mu * $0.first + $0.difference
                $0.value += rate * (looksAhead ? $0.difference + mu * $0.first : $0.first)
            }
        }
    }

    var stateDict: StateDict { moments.stateDict }

    mutating func restore(_ stateDict: StateDict, for parameters: StateDict) throws {
        try moments.restore(stateDict, for: parameters)
    }
}
