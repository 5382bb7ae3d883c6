/// The weighted mean after each update's difference from the start, over all its tensors, was clipped to a length
/// (arXiv:1911.07963): a few workers can move the result by no more than their share of the bound.
struct NormBoundAggregator: FoldingAggregator {
    static let name = "norm_bound"
    static let acceptsMixedRanks = false
    static let allowsServerOptimizer = true

    /// The length.
    let normBound: Double?

    init(_ options: AggregationOptions) throws {
        guard let bound = options.normBound, bound > 0, bound.isFinite else {
            throw FederationError(
                .invalidConfiguration, "aggregation `norm_bound` needs a positive norm_bound, the length to clip to")
        }
        normBound = bound
    }
}
