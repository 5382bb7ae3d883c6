public import Tensors

/// How a round's updates become the next state of what is trained.
///
/// An aggregator is a value that was checked when it was made; what a round gives it was let in by `UpdateCheck`. The
/// order in which updates arrived makes no difference: each implementation says how exactly that holds.
///
/// `aggregate` blocks and uses every core: call it from a thread of your own, never from a task.
public protocol Aggregator: Sendable {
    /// The name in a run file.
    static var name: String { get }

    /// Whether workers may train with ranks below the layout's.
    static var acceptsMixedRanks: Bool { get }

    /// Whether a result is in the coordinates of the state that the round started from, so that a server optimizer may
    /// take the difference of the two for a gradient.
    static var allowsServerOptimizer: Bool { get }

    /// Whether a round may change the frozen weights, so that later rounds begin from a state with a `BaseDelta` in it.
    static var changesBase: Bool { get }

    /// Whether it takes a module's change for the product of its two factors, and so needs modules that are W + s B A.
    static var needsProducts: Bool { get }

    /// An aggregator with the options that concern it.
    ///
    /// - Throws: `FederationError.invalidConfiguration` naming the option.
    init(_ options: AggregationOptions) throws

    /// The fewest updates that it can do its work with.
    var minimumUpdates: Int { get }

    /// Which factors of LoRA the workers train, and send, in a round (counted from 0).
    func trainedFactors(inRound round: Int) -> TrainedFactors

    /// The state that follows from a round's updates.
    ///
    /// - Throws: `FederationError.invalidUpdate` naming worker and tensor, or whatever the reader throws.
    func aggregate(_ updates: any UpdateReader, from start: RoundStart) throws -> AggregationResult
}

extension Aggregator {
    /// Whether results depend linearly on what workers send, so that a sum of updates is enough to know: it holds for
    /// the types that say so, and only they can be given a secure sum.
    public static var isLinear: Bool { Self.self is any LinearAggregator.Type }

    /// Frozen weights stay as they are.
    public static var changesBase: Bool { false }

    /// Any tensors will do.
    public static var needsProducts: Bool { false }

    /// Checks that it can aggregate what trains.
    ///
    /// - Throws: `FederationError.invalidConfiguration` naming a module that it cannot.
    func check(_ layout: FactorLayout) throws {
        guard Self.needsProducts, let pair = layout.pairs.first(where: { !$0.isAdded }) else { return }
        let others = Aggregators.all.filter { !$0.needsProducts }.map { $0.name }.joined(separator: ", ")
        throw FederationError(
            .invalidConfiguration,
            "federation.aggregation: \(Self.name) takes what a module learns for the product of its two factors, and the "
                + "adapter of \(pair.module) changes more than that; use one of \(others), or plain LoRA")
    }

    /// One update is enough.
    public var minimumUpdates: Int { 1 }

    /// Both factors train in every round.
    public func trainedFactors(inRound round: Int) -> TrainedFactors { .both }
}

/// An aggregator that takes each update up as it arrives and keeps nothing of it but a sum.
///
/// The result is Σ wᵢ x̃ᵢ / Σ wᵢ with x̃ᵢ = x₀ + cᵢ(xᵢ − x₀), where cᵢ = 1 without a norm bound.
///
/// Each sum carries its own rounding errors along, as accurate as twice float64: over n updates it is within
/// (n · 2⁻⁵³)² · Σ|wᵢ xᵢ| of the exact one, before it is rounded to float64 and float32. Another order of the same
/// updates therefore gives the same float32 unless the exact mean lies that close to where rounding changes, about one
/// element in 10²⁰ for 100 updates of one magnitude. The batch form `aggregate` goes by the workers' names and gives
/// the same bits whatever the order of arrival.
public protocol FoldingAggregator: Aggregator {
    /// The length that an update's difference is clipped to, if it is.
    var normBound: Double? { get }
}

extension FoldingAggregator {
    /// Nothing is clipped.
    public var normBound: Double? { nil }

    /// An empty sum, to fold the updates of a round into.
    public func fold(from start: RoundStart) -> UpdateFold {
        UpdateFold(from: start, trained: trainedFactors(inRound: start.round), normBound: normBound)
    }

    /// The same result from updates that are all there: each block of elements is summed over every update while its
    /// sums stay in the processor's cache.
    public func aggregate(_ updates: any UpdateReader, from start: RoundStart) throws -> AggregationResult {
        let keys = start.sentKeys(trainedFactors(inRound: start.round))
        let updates = try RoundUpdates(updates, from: start, atLeast: minimumUpdates)
        let kept = try normBound.map { try updates.keptShares(of: keys, normBound: $0) }
        return try AggregationResult(start, changing: updates.mean(of: keys, keeping: kept))
    }
}

/// An aggregator whose result depends on the weighted sum of what workers send and on nothing else about them: the only
/// kind that secure aggregation and noise added by workers can be paired with.
public protocol LinearAggregator: FoldingAggregator {}

extension LinearAggregator {
    /// The result from a secure sum.
    ///
    /// - Parameter meanDifference: Σ wᵢ(xᵢ − x₀) / Σ wᵢ of each tensor that was sent.
    /// - Throws: `FederationError.protocolViolation` where tensors are missing, unknown or misshapen.
    public func result(ofMeanDifference meanDifference: StateDict, from start: RoundStart) throws -> AggregationResult {
        let keys = start.sentKeys(trainedFactors(inRound: start.round))
        guard Set(meanDifference.names) == Set(keys) else {
            throw FederationError(
                .protocolViolation, "a sum of \(meanDifference.count) tensors where \(keys.count) were trained")
        }
        return try AggregationResult(start, changing: keys.map { ($0, try start.value(of: $0, moved: meanDifference)) })
    }
}
