/// A stays as it was drawn, B is averaged: FFA-LoRA (arXiv:2403.12313).
///
/// Exact: s(Σ wᵢBᵢ)A = Σ wᵢ s BᵢA, up to the rounding of B to float32. Half the bytes of `mean`.
struct FFALoRAAggregator: LinearAggregator {
    static let name = "ffa_lora"
    static let acceptsMixedRanks = false
    static let allowsServerOptimizer = true

    init(_ options: AggregationOptions) {}

    func trainedFactors(inRound round: Int) -> TrainedFactors { .onlyB }
}
