public import Tensors

/// What the workers of a round start from.
public struct RoundStart: Sendable {
    /// Every trained tensor, float32; factors with the layout's rank.
    public let state: StateDict
    /// Which of them are factors of LoRA.
    public let layout: FactorLayout
    /// The round, counted from 0.
    public let round: Int

    /// Checks that state and layout fit each other.
    ///
    /// - Throws: `FederationError.invalidConfiguration` naming the tensor.
    public init(state: StateDict, layout: FactorLayout, round: Int) throws {
        for (key, tensor) in state.entries where tensor.dtype != .float32 {
            throw FederationError(.invalidConfiguration, "\(key) is \(tensor.dtype.rawValue); trained tensors are F32")
        }
        for pair in layout.pairs {
            for key in [pair.aKey, pair.bKey] {
                let expected = layout.shape(of: key, in: pair, rank: pair.rank)
                guard let found = state[key]?.shape, found == expected else {
                    throw FederationError(
                        .invalidConfiguration,
                        "\(key) should be \(expected), found \(state[key].map { "\($0.shape)" } ?? "nothing")")
                }
            }
        }
        (self.state, self.layout, self.round) = (state, layout, round)
    }

    /// The keys that an update holds in a round that trains these factors, in the state's order.
    public func sentKeys(_ trained: TrainedFactors) -> [String] {
        state.names.filter { layout.trains($0, trained) }
    }

    /// The keys that are no factors.
    var otherKeys: [String] { state.names.filter { layout.pair(of: $0) == nil } }

    /// The tensor of a key, as a worker of some rank starts from it.
    func tensor(_ key: String, rank: Int?) throws -> Tensor? {
        guard let rank, let tensor = state[key] else { return state[key] }
        return try layout.cut(StateDict([(key, tensor)]), toRank: rank)[key]
    }

    /// The tensor of a key with its part of a difference added, in float64.
    func value(of key: String, moved difference: StateDict) throws -> Tensor {
        guard let tensor = state[key], let step = difference[key], step.shape == tensor.shape, step.dtype == .float32
        else {
            throw FederationError(
                .protocolViolation,
                "the sum's \(key) should be F32 \(state[key]?.shape ?? []), found "
                    + (difference[key].map { "\($0.dtype.rawValue) \($0.shape)" } ?? "nothing"))
        }
        return tensor.combined(with: step) { $0 + $1 }
    }
}
