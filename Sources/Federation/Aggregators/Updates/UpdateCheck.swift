import Tensors

/// What an update must be before it counts. Each refusal names the worker, the tensor, what was expected and what was
/// found.
public struct UpdateCheck: Sendable {
    private let start: RoundStart
    private let trained: TrainedFactors
    private let acceptsMixedRanks: Bool
    private let weights: ClosedRange<Double>
    private let normBound: Double?

    /// The check of a round.
    ///
    /// - Parameters:
    ///   - start: what the workers started from.
    ///   - aggregator: says which factors train and whether ranks may differ.
    ///   - weights: the weights that a worker may claim.
    ///   - normBound: the largest length of an update's difference from the start over all its tensors; larger ones are
    ///     refused whole.
    /// - Throws: `FederationError.invalidConfiguration` for bounds that no update can meet.
    public init(
        _ start: RoundStart, for aggregator: some Aggregator, weights: ClosedRange<Double>, normBound: Double? = nil
    ) throws {
        guard weights.lowerBound > 0, weights.upperBound <= Self.largestWeight else {
            throw FederationError(
                .invalidConfiguration,
                "weights of updates must lie above 0 and up to \(Self.largestWeight), not in \(weights)")
        }
        guard normBound.map({ $0 > 0 }) ?? true else {
            throw FederationError(.invalidConfiguration, "a norm bound must be positive")
        }
        self.start = start
        trained = aggregator.trainedFactors(inRound: start.round)
        acceptsMixedRanks = type(of: aggregator).acceptsMixedRanks
        (self.weights, self.normBound) = (weights, normBound)
    }

    /// The largest weight that any update may have: products of it and a float32 stay far from overflow.
    public static let largestWeight = 1e15

    /// Refuses an update that does not fit.
    ///
    /// - Throws: `FederationError.invalidUpdate`.
    public func check(_ update: Update) throws {
        try checkWeight(update)
        try checkNames(update)
        var squaredDistance = 0.0
        for (key, tensor) in update.state.entries {
            let base = try checkedBase(of: key, tensor, update)
            guard !tensor.hasNonFinite else { throw refusal(update, "\(key) holds NaN or infinity") }
            if normBound != nil { squaredDistance += tensor.squaredDistance(to: base) }
        }
        if let normBound, squaredDistance.squareRoot() > normBound {
            throw refusal(
                update, "it moves by \(squaredDistance.squareRoot()), more than the bound of \(normBound) allows")
        }
    }

    private func checkWeight(_ update: Update) throws {
        guard weights.contains(update.summary.weight) else {
            throw refusal(update, "its weight \(update.summary.weight) is outside \(weights)")
        }
    }

    private func checkNames(_ update: Update) throws {
        let expected = start.sentKeys(trained)
        if let missing = expected.first(where: { update.state[$0] == nil }) {
            throw refusal(update, "\(missing) is missing")
        }
        guard update.state.count > expected.count else { return }
        let known = Set(expected)
        let unknown = update.state.names.first { !known.contains($0) } ?? ""
        throw refusal(update, "\(unknown) is not trained in round \(start.round)")
    }

    /// What the worker started this tensor from, after type and shape were found to fit.
    private func checkedBase(of key: String, _ tensor: Tensor, _ update: Update) throws -> Tensor {
        guard tensor.dtype == .float32 else {
            throw refusal(update, "\(key) is \(tensor.dtype.rawValue), expected F32")
        }
        guard let base = try start.tensor(key, rank: try rank(of: key, update)) else {
            throw refusal(update, "\(key) is not trained in round \(start.round)")
        }
        guard tensor.shape == base.shape else {
            throw refusal(update, "\(key) is \(tensor.shape), expected \(base.shape)")
        }
        return base
    }

    /// The rank of the worker's module: that of A's rows, which B's columns must then agree with.
    private func rank(of key: String, _ update: Update) throws -> Int? {
        guard let pair = start.layout.pair(of: key) else { return nil }
        guard acceptsMixedRanks, trained == .both else { return pair.rank }
        let rank = update.state[pair.aKey]?.shape.first ?? 0
        guard (1...pair.rank).contains(rank) else {
            throw refusal(update, "\(pair.aKey) has rank \(rank), expected 1 to \(pair.rank)")
        }
        return rank
    }

    private func refusal(_ update: Update, _ reason: String) -> FederationError {
        FederationError(.invalidUpdate, "the update of \(update.summary.worker) is refused: \(reason)")
    }
}
