import Tensors

/// What Krum and Multi-Krum share: scores, and the mean of the best.
struct KrumSelection: Sendable {
    private let faulty: Int

    /// - Throws: `FederationError.invalidConfiguration` for a negative f.
    init(_ options: AggregationOptions) throws {
        guard (0...Int(Int16.max)).contains(options.faultyWorkers) else {
            throw FederationError(
                .invalidConfiguration, "krum expects 0 to \(Int16.max) faulty workers, not \(options.faultyWorkers)")
        }
        faulty = options.faultyWorkers
    }

    /// 2f + 3.
    var minimumUpdates: Int { 2 * faulty + 3 }

    /// n − f − 2, how many others an update is compared with.
    @Sendable func neighbours(of count: Int) -> Int { count - faulty - 2 }

    /// The plain mean of the `selecting(n)` updates with the smallest scores, the first by name of equal ones.
    func mean(
        _ reader: any UpdateReader, from start: RoundStart, selecting: (Int) -> Int
    ) throws -> AggregationResult {
        let updates = try RoundUpdates(reader, from: start, atLeast: minimumUpdates)
        let keys = start.sentKeys(.both)
        let scores = try PairwiseDistances(updates, of: keys).scores(nearest: neighbours(of: updates.count))
        let order = scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
        let chosen = order.prefix(selecting(updates.count)).sorted()
        let plain = WeightedMean(Array(repeating: 1, count: chosen.count))
        let means = try plain.of(keys.map { start.state[$0]?.shape ?? [] }) { index in
            let tensors = try updates.tensors(keys[index])
            return chosen.map { tensors[$0] }
        }
        let leftOut = updates.summaries.indices.filter { !chosen.contains($0) }.map { updates.summaries[$0].worker }
        return try AggregationResult(start, changing: Array(zip(keys, means)), leftOut: leftOut)
    }
}
