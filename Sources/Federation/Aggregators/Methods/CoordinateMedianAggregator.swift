/// The median of each coordinate (arXiv:1803.01498), the mean of the middle two of an even number.
///
/// Of n updates, fewer than n/2 may be arbitrary: every coordinate stays between values of honest workers. All tensors
/// are treated so, whether factors or not. Weights do not count, since a worker claims its own. The same bits in
/// whatever order updates come.
struct CoordinateMedianAggregator: Aggregator {
    static let name = "coordinate_median"
    static let acceptsMixedRanks = false
    static let allowsServerOptimizer = true

    init(_ options: AggregationOptions) {}

    var minimumUpdates: Int { 3 }

    func aggregate(_ updates: any UpdateReader, from start: RoundStart) throws -> AggregationResult {
        let updates = try RoundUpdates(updates, from: start, atLeast: minimumUpdates)
        let middle = (updates.count - 1) / 2...updates.count / 2
        return try AggregationResult(start, changing: updates.orderedMean(of: start.sentKeys(.both), keeping: middle))
    }
}
