public import Privacy

/// What a worker agreed to when it joined a run: what the run file promises to protect, and how. It insists on it for
/// every order; a coordinator cannot take any of it back.
///
/// A site's own policy, and a record of what was agreed, need no more than this value.
public struct AgreedTerms: Equatable, Sendable {
    /// The run's name.
    public var run: String
    /// Rounds of the run.
    public var rounds: Int
    /// How updates become one.
    public var aggregation: String
    /// Workers that must be there before the first round.
    public var minimumWorkers: Int
    /// What the results rest on.
    public var basis: RunBasis
    /// Secure aggregation; `nil` if the run file has none.
    public var masking: MaskingSettings?
    /// Noise that hides whole workers; `nil` if the run file has none.
    public var noise: NoiseSettings?
    /// Whose data this worker's own noise hides; `nil` if it adds none to its updates.
    public var ownNoiseUnit: PrivacyUnit?
    /// The most examples that a worker's weight stands for under masks.
    public var largestWeight: Int
    /// The numbers of an update, which the grid of the noise depends on.
    public var values: Int

    /// Puts terms together.
    public init(
        run: String, rounds: Int, aggregation: String, minimumWorkers: Int, basis: RunBasis,
        masking: MaskingSettings? = nil, noise: NoiseSettings? = nil, ownNoiseUnit: PrivacyUnit? = nil,
        largestWeight: Int = 1_000_000, values: Int = 0
    ) {
        self.run = run
        self.rounds = rounds
        self.aggregation = aggregation
        self.minimumWorkers = minimumWorkers
        self.basis = basis
        self.masking = masking
        self.noise = noise
        self.ownNoiseUnit = ownNoiseUnit
        self.largestWeight = largestWeight
        self.values = values
    }

    /// Whether each worker adds a share of the noise.
    var hasShares: Bool { if case .distributed? = noise?.mechanism { true } else { false } }
}

extension AgreedTerms {
    /// Refuses an order that protects less than was agreed, before any work is done for it.
    ///
    /// - Parameters:
    ///   - terms: the order's; `nil` if its result is not to be masked.
    ///   - round: the order's, from 0.
    /// - Throws: `FederationError.brokenPromise` naming what differs.
    func check(_ terms: MaskingTerms?, round: Int) throws {
        guard (0..<rounds).contains(round) else { throw broken(round, "a round", "\(round + 1)", "\(rounds) rounds") }
        guard let masking else {
            guard terms == nil else { throw broken(round, "masks", "some", "none") }
            return
        }
        guard let terms else { throw broken(round, "an order without secure aggregation", "no masks", "masks") }
        let largest = noise == nil ? largestWeight : 1
        let facts: [(name: String, found: String, promised: String, holds: Bool)] = [
            ("the run", terms.run, run, terms.run == run),
            ("the round in the terms", "\(terms.round + 1)", "\(round + 1)", terms.round == round),
            (
                "threshold", "\(terms.threshold)", "\(masking.threshold)",
                terms.threshold >= masking.threshold && terms.threshold <= 1
            ),
            (
                "fewest_workers", "\(terms.fewestInSum)", "\(masking.fewestInSum(noise))",
                terms.fewestInSum >= masking.fewestInSum(noise)
            ),
            (
                "colluders", "\(terms.colluders ?? 0)", "\(masking.colluders)",
                (terms.colluders ?? 0) >= masking.colluders
            ),
            ("bits", "\(terms.bits)", "\(masking.bits)", terms.bits == masking.bits),
            ("clip", "\(terms.clip)", "\(masking.clip)", terms.clip == masking.clip),
            ("the largest weight", "\(terms.largestWeight)", "\(largest)", terms.largestWeight == largest),
        ]
        for fact in facts where !fact.holds { throw broken(round, fact.name, fact.found, fact.promised) }
        try checkNoise(terms, masking, round)
    }

    private func checkNoise(_ terms: MaskingTerms, _ masking: MaskingSettings, _ round: Int) throws {
        guard let noise, case .distributed(let kind) = noise.mechanism else {
            guard terms.noise == nil else { throw broken(round, "shares of noise", "some", "none") }
            return
        }
        guard let found = terms.noise?.noise else {
            throw broken(round, "an order without noise", "none", "shares of \(kind.rawValue) noise")
        }
        let least = noise.noiseMultiplier * (1 - Self.tolerance)
        let shares = masking.shares
        let facts: [(name: String, found: String, promised: String, holds: Bool)] = [
            ("the mechanism", found.kind.rawValue, kind.rawValue, found.kind == kind),
            ("the noise's clip", "\(found.clip)", "\(noise.clip)", found.clip == noise.clip),
            (
                "noise_multiplier", "\(found.noiseMultiplier)", "\(noise.noiseMultiplier)",
                found.noiseMultiplier >= least
            ),
            ("the workers that make the noise", "\(found.shares)", "\(shares)", found.shares <= shares),
        ]
        for fact in facts where !fact.holds { throw broken(round, fact.name, fact.found, fact.promised) }
        try checkGrid(found, terms, round)
    }

    /// On a grid that is too coarse, shares of noise are rounded to zero, and values with them.
    private func checkGrid(_ found: DistributedNoise, _ terms: MaskingTerms, _ round: Int) throws {
        // The scale is the largest power of two that fits, and numbers that differ in their last bits may lie on both sides of
        // one: a little more noise takes the smaller.
        let expected = try DistributedNoise(
            kind: found.kind, clip: found.clip, noiseMultiplier: found.noiseMultiplier * (1 + Self.tolerance),
            fewestSurvivors: found.shares, mostWorkers: terms.mostWorkers, values: values, bits: terms.bits)
        let facts: [(name: String, found: String, promised: String, holds: Bool)] = [
            (
                "the grid of the noise", "\(found.scale) steps in a unit", "\(expected.scale)",
                found.scale >= expected.scale
            ),
            (
                "the numbers of an update", "\(found.dimension)", "\(expected.dimension)",
                found.dimension == expected.dimension
            ),
            ("beta of the rounding", "\(found.beta)", "\(expected.beta)", found.beta == expected.beta),
        ]
        for fact in facts where !fact.holds { throw broken(round, fact.name, fact.found, fact.promised) }
    }

    /// Refuses to send a result without this worker's own noise where that was agreed.
    ///
    /// - Throws: `FederationError.brokenPromise`.
    func check(_ result: LocalResult, round: Int) throws {
        guard let ownNoiseUnit, !result.isNoisy else { return }
        throw broken(round, "a result without noise", "none", "noise for each \(ownNoiseUnit.rawValue)")
    }

    /// A multiplier that was found by a search may differ in its last bits.
    private static let tolerance = 1e-9

    private func broken(_ round: Int, _ name: String, _ found: String, _ promised: String) -> FederationError {
        FederationError(
            .brokenPromise,
            "round \(round + 1): the coordinator asks for less protection than the run file promised when this worker "
                + "joined: \(name): \(found), promised: \(promised). This worker leaves the run and gives nothing")
    }
}
