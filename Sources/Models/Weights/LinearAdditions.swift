public import Tensors

/// What stands beside the weight of a linear layer.
public struct LinearAdditions: Sendable {
    /// Products of low rank that are added to what the weight gives, in the order in which they are added.
    public var factors: [LowRankFactors]
    /// Functions around the layer, innermost first.
    public var branches: [any LinearBranch]
    /// What may be added to the frozen weight after the model was built.
    public var gain: WeightGain?

    /// Creates them; none unless given.
    public init(factors: [LowRankFactors] = [], branches: [any LinearBranch] = []) {
        (self.factors, self.branches) = (factors, branches)
    }
}
