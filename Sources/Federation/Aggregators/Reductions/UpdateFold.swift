import CKernels
import Tensors

/// The sum of a round's updates so far. It takes sixteen bytes for each trained element, however many updates it holds.
///
/// See `FoldingAggregator` for what the order of updates can change.
public struct UpdateFold: Sendable {
    private struct Sum {
        var high: [Double]
        var low: [Double]

        init(count: Int) {
            high = Array(repeating: 0, count: count)
            low = Array(repeating: 0, count: count)  // `high` would be copied at the first addition
        }

        mutating func add(_ tensor: Tensor, _ coefficient: Double) {
            tensor.withFloats { floats in
                var pointer = floats.baseAddress
                lorad_accumulate(&high, &low, &pointer, [coefficient], 1, floats.count)
            }
        }

        func divided(by total: Double, shape: [Int]) -> Tensor {
            Tensor.filled(shape) { lorad_quotients(high, low, total, $0.baseAddress, $0.count) }
        }
    }

    private let start: RoundStart
    private let keys: [String]
    private let normBound: Double?
    private var sums: [String: Sum]
    private var total = CompensatedSum()
    /// Updates that were added.
    public private(set) var count = 0

    init(from start: RoundStart, trained: TrainedFactors, normBound: Double?) {
        (self.start, self.normBound) = (start, normBound)
        keys = start.sentKeys(trained)
        sums = [:]
        for key in keys { sums[key] = Sum(count: start.state[key]?.count ?? 0) }
    }

    /// Adds an update that `UpdateCheck` let in; the caller sees to it that none is added twice.
    ///
    /// - Throws: `FederationError.invalidUpdate`, and nothing is added, where a tensor is missing or misshapen.
    public mutating func add(_ update: Update) throws {
        let single = try RoundUpdates(ReceivedUpdates([update]), from: start, atLeast: 1)
        let tensors = try keys.map { try single.tensors($0) }
        let kept = try normBound.map { try single.keptShares(of: keys, normBound: $0)[0] } ?? 1
        for (key, tensor) in zip(keys, tensors) { add(tensor[0], to: key, update.summary.weight, kept) }
        total.add(update.summary.weight * kept)
        if kept < 1 { total.add(update.summary.weight * (1 - kept)) }
        count += 1
    }

    private mutating func add(_ tensor: Tensor, to key: String, _ weight: Double, _ kept: Double) {
        sums[key]?.add(tensor, weight * kept)
        if kept < 1, let base = start.state[key] { sums[key]?.add(base, weight * (1 - kept)) }
    }

    /// The mean of what was added.
    ///
    /// - Throws: `FederationError.invalidUpdate` where nothing was.
    public func finish() throws -> AggregationResult {
        guard count > 0 else {
            throw FederationError(.invalidUpdate, "round \(start.round) has no updates to take the mean of")
        }
        let means = keys.map { key in
            (key, sums[key]?.divided(by: total.value, shape: start.state[key]?.shape ?? []) ?? Tensor(zeros: []))
        }
        return try AggregationResult(start, changing: means)
    }
}
