/// The weighted mean of every tensor, A and B each by itself: FedAvg (arXiv:1602.05629), FedIT (arXiv:2305.05644).
///
/// Exact in what is sent. Not exact in the product: B̄Ā ≠ Σ wᵢBᵢAᵢ, the more so the further workers drift apart.
struct MeanAggregator: LinearAggregator {
    static let name = "mean"
    static let acceptsMixedRanks = false
    static let allowsServerOptimizer = true

    init(_ options: AggregationOptions) {}
}
