/// Rounds train B and A in turn, and average what they train: RoLoRA (arXiv:2409.02346).
///
/// Exact, as one factor is the same for everybody in each round. Even rounds train B, odd ones A: B begins as zero, and
/// beside it A would have no gradient. Half the bytes of `mean`.
struct RoLoRAAggregator: LinearAggregator {
    static let name = "rolora"
    static let acceptsMixedRanks = false
    static let allowsServerOptimizer = true

    init(_ options: AggregationOptions) {}

    func trainedFactors(inRound round: Int) -> TrainedFactors { round.isMultiple(of: 2) ? .onlyB : .onlyA }
}
