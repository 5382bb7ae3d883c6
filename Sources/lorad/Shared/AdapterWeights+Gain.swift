import Adapters
import Federation
import Foundation
import Models
import Tensors

extension FactorLayout {
    /// The factors of an adapter: each module's own alpha, and the ranks that a state has.
    init(_ plan: AdapterPlan, state: StateDict) throws {
        try self.init(
            plan.factorPairs.map { pair in
                guard let a = state[pair.aKey]?.shape, let b = state[pair.bKey]?.shape, a.count == 2, b.count == 2,
                    a[0] == b[1]
                else {
                    throw FederationError(
                        .invalidConfiguration, "the state lacks \(pair.aKey) or \(pair.bKey), or their ranks differ")
                }
                return Pair(
                    module: pair.module, aKey: pair.aKey, bKey: pair.bKey, rank: a[0], inputs: a[1], outputs: b[0],
                    alpha: pair.linear.alpha, isRankStabilized: pair.linear.isRankStabilised, isAdded: pair.isAdded)
            })
    }
}

extension BaseDelta {
    /// Reads what frozen weights have gained from a coordinator's state.
    ///
    /// - Parameters:
    ///   - state: the tensors named `.delta_A.weight` and `.delta_B.weight`.
    ///   - plan: what the run trains.
    ///   - aggregation: the name of the run's aggregation.
    /// - Throws: `FederationError.brokenPromise` naming a tensor that the aggregation does not make, or that does not fit the
    ///   model; as `init(_:)`.
    init(_ state: StateDict, _ plan: AdapterPlan, aggregation: String) throws {
        let changing = Aggregators.all.filter { $0.changesBase }.map { $0.name }
        if let name = state.names.first, !changing.contains(aggregation) {
            throw Self.refusal(
                name,
                "would change frozen weights. Only \(changing.joined(separator: " and ")) do that, but the run file "
                    + "says federation.aggregation: \(aggregation)"
            )
        }
        try self.init(state)
        let linears = Dictionary(uniqueKeysWithValues: plan.factorPairs.map { ($0.module, $0.linear) })
        for factors in modules { try Self.check(factors, linears[factors.module]) }
    }

    private static func check(_ factors: Factors, _ linear: AdaptedLinear?) throws {
        let (name, left, right) = ("\(factors.module).delta_A.weight", factors.left, factors.right)
        guard let linear else { throw refusal(name, "belongs to no module with an adapter") }
        guard left.rows == linear.outputs, right.columns == linear.inputs else {
            throw refusal(
                name,
                "has the shape \(right.shape), and its .delta_B.weight \(left.shape); expected [k, "
                    + "\(linear.inputs)] and [\(linear.outputs), k]"
            )
        }
        guard !left.hasNonFinite, !right.hasNonFinite else {
            throw refusal(name, "contains NaN or infinite values, or its .delta_B.weight does")
        }
    }

    private static func refusal(_ name: String, _ reason: String) -> FederationError {
        FederationError(.brokenPromise, "the coordinator's state contains \(name), which \(reason)")
    }
}

extension AdapterWeights {
    /// Takes over what trains, and what the frozen weights have gained.
    ///
    /// - Throws: as `assign(_:)`.
    func assign(_ trained: StateDict, gaining gain: BaseDelta) throws {
        try assign(trained)
        setGains(gain)
    }

    /// Sets what the frozen weights of the model have gained.
    func setGains(_ gain: BaseDelta) {
        let paths = Dictionary(uniqueKeysWithValues: plan.factorPairs.map { ($0.module, $0.linear.path) })
        setGains(
            gain.modules.reduce(into: [:]) { gains, factors in
                guard let path = paths[factors.module] else { return }
                gains[path] = LowRankFactors(a: factors.right, b: factors.left, scale: 1)
            })
    }

    /// Writes a PEFT folder of the adapter together with what the frozen weights have gained: one adapter of the ranks'
    /// sum, with the same product.
    func write(to folder: URL, gaining gain: BaseDelta) throws {
        guard !gain.modules.isEmpty else { return try write(to: folder) }
        let gains = Dictionary(uniqueKeysWithValues: gain.modules.map { ($0.module, $0) })
        let pairs = plan.factorPairs
        var state = stateDict
        let own = pairs.compactMap { factors($0, state) }
        let joined = try BaseDelta(own.map { $0.joined(with: gains[$0.module]) }).withoutIdleRank()
        let ranks = zip(pairs, joined.modules).map { (path: $0.linear.path, rank: $1.rank) }
        guard let configuration = plan.configuration.withUnitScale(ranks: ranks) else {
            throw CommandError(
                "an adapter of the method \(plan.configuration.methodName) cannot store what rounds added to W")
        }
        for (pair, factors) in zip(pairs, joined.modules) {
            state[pair.aKey] = factors.right
            state[pair.bKey] = factors.left
        }
        try withTiedCopies(state).write(
            to: folder.appending(path: AdapterFolder.weightsFile).path, metadata: AdapterFolder.weightsMetadata)
        try writeBase(to: folder)
        try AdapterFolder.write(configuration, to: folder)
    }

    /// A module's own factors. Written with alpha = rank their scale is 1, so the present one goes into B.
    private func factors(_ pair: FactorPair, _ state: StateDict) -> BaseDelta.Factors? {
        guard let a = state[pair.aKey], let b = state[pair.bKey] else { return nil }
        return BaseDelta.Factors(module: pair.module, left: b.scaled(by: Float(pair.linear.scaling)), right: a)
    }
}

extension Tensor {
    fileprivate func scaled(by factor: Float) -> Tensor { Tensor(values.map { $0 * factor }, shape: shape) }
}
