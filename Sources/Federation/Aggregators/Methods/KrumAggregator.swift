/// The one update that lies closest to its n − f − 2 nearest others: Krum (arXiv:1703.02757).
///
/// f of n ≥ 2f + 3 updates may be arbitrary. Distances are those of all tensors together; weights do not count, since a
/// worker claims its own. Of equally close updates the first by name is taken. The result is that update, bit for bit.
struct KrumAggregator: Aggregator {
    static let name = "krum"
    static let acceptsMixedRanks = false
    static let allowsServerOptimizer = true

    private let selection: KrumSelection

    init(_ options: AggregationOptions) throws { selection = try KrumSelection(options) }

    var minimumUpdates: Int { selection.minimumUpdates }

    func aggregate(_ updates: any UpdateReader, from start: RoundStart) throws -> AggregationResult {
        try selection.mean(updates, from: start) { _ in 1 }
    }
}
