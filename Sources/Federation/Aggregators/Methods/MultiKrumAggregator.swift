/// The plain mean of the n − f − 2 updates with the best scores of Krum: Multi-Krum (arXiv:1703.02757).
///
/// f of n ≥ 2f + 3 updates may be arbitrary. Weights do not count, since a worker claims its own.
struct MultiKrumAggregator: Aggregator {
    static let name = "multi_krum"
    static let acceptsMixedRanks = false
    static let allowsServerOptimizer = true

    private let selection: KrumSelection

    init(_ options: AggregationOptions) throws { selection = try KrumSelection(options) }

    var minimumUpdates: Int { selection.minimumUpdates }

    func aggregate(_ updates: any UpdateReader, from start: RoundStart) throws -> AggregationResult {
        try selection.mean(updates, from: start, selecting: selection.neighbours)
    }
}
