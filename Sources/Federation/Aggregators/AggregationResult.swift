public import Tensors

/// What a round made of its updates.
public struct AggregationResult: Sendable {
    /// Every tensor of the next round's start, factors with the layout's rank; `FactorLayout.cut` gives a worker of
    /// lower rank its own.
    public let state: StateDict
    /// The keys that the round trained, in the state's order: the only ones a server optimizer may move.
    public let trainedKeys: [String]
    /// What the frozen weights gain, where the method moves something there.
    public let baseDelta: BaseDelta?
    /// The workers whose updates were left out on purpose.
    public let leftOut: [String]

    /// The start with some of its tensors changed.
    ///
    /// - Throws: `FederationError.invalidUpdate` naming a tensor that is no longer finite.
    init(
        _ start: RoundStart, changing changed: [(String, Tensor)], baseDelta: BaseDelta? = nil, leftOut: [String] = []
    ) throws {
        var state = start.state
        for (key, tensor) in changed + (baseDelta?.stateDict.entries ?? []) where tensor.hasNonFinite {
            throw FederationError(.invalidUpdate, "the aggregate of \(key) is not finite: bound the norm of updates")
        }
        for (key, tensor) in changed { state[key] = tensor }
        let keys = Set(changed.map(\.0))
        self.state = state
        trainedKeys = state.names.filter(keys.contains)
        self.baseDelta = baseDelta
        self.leftOut = leftOut
    }
}
