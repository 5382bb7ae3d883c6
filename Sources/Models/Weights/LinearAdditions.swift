public import Tensors

/// Additions to the weight of a linear layer.
public struct LinearAdditions: Sendable {
    /// Low-rank products that are added to the layer's output, in this order.
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
