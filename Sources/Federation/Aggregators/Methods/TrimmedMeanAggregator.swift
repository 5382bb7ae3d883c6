/// The mean of each coordinate without its ⌈βn⌉ largest and ⌈βn⌉ smallest values (arXiv:1803.01498).
///
/// A share of up to β of the updates may be arbitrary. Where ⌈βn⌉ would leave nothing, the median is left. All tensors
/// are treated so, whether factors or not. Weights do not count, since a worker claims its own. The same bits in
/// whatever order updates come.
struct TrimmedMeanAggregator: Aggregator {
    static let name = "trimmed_mean"
    static let acceptsMixedRanks = false
    static let allowsServerOptimizer = true

    private let share: Double

    init(_ options: AggregationOptions) throws {
        guard options.trimmedShare >= 0, options.trimmedShare < 0.5 else {
            throw FederationError(
                .invalidConfiguration,
                "a trimmed mean leaves out a share of 0 up to one half at either end, not \(options.trimmedShare)")
        }
        share = options.trimmedShare
    }

    var minimumUpdates: Int { share > 0 ? 3 : 1 }

    /// Values left out at either end; β · n that is whole but for rounding counts as whole.
    func trimmed(of count: Int) -> Int {
        min(Int((share * Double(count) - 1e-9).rounded(.up)), (count - 1) / 2)
    }

    func aggregate(_ updates: any UpdateReader, from start: RoundStart) throws -> AggregationResult {
        let updates = try RoundUpdates(updates, from: start, atLeast: minimumUpdates)
        let trimmed = trimmed(of: updates.count)
        let kept = trimmed...updates.count - 1 - trimmed
        return try AggregationResult(start, changing: updates.orderedMean(of: start.sentKeys(.both), keeping: kept))
    }
}
