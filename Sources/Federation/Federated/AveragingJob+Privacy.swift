import Foundation
import Privacy
import Synchronization
import Tensors
import Transports

extension AveragingJob {
    static func checkPrivacy(_ settings: AveragingSettings, _ aggregator: any Aggregator) throws {
        _ = try Aggregators.linear(aggregator)
        guard case .sampled = settings.participation else {
            throw FederationError(
                .invalidConfiguration,
                "differential privacy is for workers with data of their own: federation.mode federated")
        }
        guard settings.privacy == nil || settings.hardNormBound == nil else {
            throw FederationError(
                .invalidConfiguration,
                "federation.refuse_norm refuses by an update's own norm, which differential privacy hides: leave it out; "
                    + "privacy.differential_privacy.clip bounds every update")
        }
        if settings.privacy?.settings.clipQuantile != nil, settings.masking != nil {
            throw FederationError(
                .invalidConfiguration, "a clip that follows the updates' norms needs updates without masks")
        }
        if case .distributed? = settings.privacy?.settings.mechanism, settings.masking == nil {
            throw FederationError(
                .invalidConfiguration,
                "noise that workers add hides nothing from a coordinator that sees each update: enable "
                    + "privacy.secure_aggregation, or use mechanism gaussian")
        }
    }

    /// What a round's noise of the coordinator's begins with, if there is any.
    func centralRound(_ state: State, _ start: RoundStart, expected: Int) throws -> CentralRound? {
        guard let book = settings.privacy, book.settings.mechanism == .central else { return nil }
        let clip = try book.settings.adaptiveClip(from: state.clip, expected: expected)
        let keys = start.sentKeys(aggregator.trainedFactors(inRound: start.round))
        return CentralRound(
            noise: try CentralNoise(book.settings, clip),
            base: StateDict(keys.compactMap { key in start.state[key].map { (key, $0) } }), clip: clip)
    }

    /// Noise of the coordinator's in a round.
    struct CentralRound {
        let noise: CentralNoise
        /// What updates are differences from.
        let base: StateDict
        let layout: UpdateLayout
        /// The clip, where it follows a quantile.
        var clip: AdaptiveClip?
        /// Norms of the updates before clipping.
        private var norms: [Double] = []
        /// The sum so far; empty until the first update, and throughout a masked round, whose sum is made elsewhere.
        private var steps: [Int64] = []

        init(noise: CentralNoise, base: StateDict, clip: AdaptiveClip?) {
            self.noise = noise
            self.base = base
            self.clip = clip
            layout = UpdateLayout(base, carriesLoss: false)
        }

        /// Takes an update in.
        mutating func add(_ update: CentralNoise.Clipped) {
            if steps.isEmpty { steps = zeros }
            noise.add(update, to: &steps)
            norms.append(update.norm)
        }

        /// The sum of the updates so far.
        var sum: StepSum {
            StepSum(
                steps: steps.isEmpty ? zeros : steps, step: noise.grid.step, sensitivity: Double(noise.grid.length))
        }

        private var zeros: [Int64] { Array(repeating: 0, count: layout.valueCount) }

        /// The clip of the next round; a fixed one stays nil.
        func nextClip(expected: Int) throws -> Double? {
            guard var clip else { return nil }
            clip.update(noisyShare: try clip.noisyShare(of: norms, workers: expected))
            return Double(Float(clip.clip))  // as it is kept
        }
    }

    /// Looks whether the budget allows a round at all.
    func checkBudget(_ book: PrivacyBook) throws {
        let isSpent = try book.isSpent(by: nextRelease)
        guard !isSpent || round > 0 else {
            throw FederationError(
                .invalidConfiguration,
                "privacy.differential_privacy: epsilon is \(try book.epsilon()) before the first round, and with it would "
                    + "pass target_epsilon \(book.settings.targetEpsilon ?? 0): more noise, or a larger budget")
        }
        current.withLock { $0.isBudgetSpent = isSpent }
    }

    /// What a round gives away: the central noise's by its multiplier, that of shares by the round's own grid.
    private var nextRelease: PrivacyRelease {
        get throws {
            guard let book = settings.privacy else { throw FederationError(.corruptState, "the run has no ledger") }
            guard case .distributed = book.settings.mechanism, let masking = settings.masking else {
                return try centralRelease(book)
            }
            let state = state
            let start = try RoundStart(state: state.trained, layout: layout, round: state.round)
            let (terms, _) = try terms(start, masking, masking.roundWorkers)
            return try release(of: terms, book)
        }
    }

    func release(of terms: MaskingTerms, _ book: PrivacyBook) throws -> PrivacyRelease {
        guard let noise = terms.noise?.noise else { return try centralRelease(book) }
        return try PrivacyRelease(.distributed(noise), sampling: .everybody, adjacency: .zeroOut)
    }

    /// Everybody counts as taking part, though samples are drawn by secret coins: who took part is in the run's store and on
    /// its page, and whoever watches the network sees it too. How many workers there are is no secret either, for sums are
    /// divided by it.
    private func centralRelease(_ book: PrivacyBook) throws -> PrivacyRelease {
        try PrivacyRelease(
            .gaussian(noiseMultiplier: book.settings.noiseMultiplier), sampling: .everybody, adjacency: .zeroOut)
    }

    /// Whether a round's sample is drawn by independent coins.
    var isPoissonSampled: Bool {
        guard case .sampled(let share, _) = settings.participation else { return false }
        return share < 1 && settings.privacy != nil && settings.masking == nil
    }

    /// A sample by independent coins of the system's randomness, which nobody can foretell.
    ///
    /// - Throws: `PrivacyError` where none can be drawn: an empty one would be a round of noise alone.
    func poissonSample(_ workers: [WorkerID], rate: Double) throws -> [PlannedTask] {
        let chosen = try PrivacyRelease.Sampling.poisson(rate: rate).draw(from: workers.count)
        var taken: Set<UInt64> = []
        return chosen.map { workers[$0] }.filter { taken.insert($0.taskID).inserted }
            .map { PlannedTask(id: $0.taskID, worker: $0) }
    }

    /// How many workers a round with so many present should have; what its sum is divided by.
    func expected(of count: Int) -> Int {
        guard case .sampled(let share, _) = settings.participation else { return count }
        return max(1, Int((share * Double(count)).rounded()))
    }

    /// The state after noise was added to the sum of a round, in which there may be nothing else.
    func privateResult(of round: Round, _ central: CentralRound) throws -> AggregationResult {
        let sum: StepSum? =
            switch round.intake {
            case .sum(let outcome): outcome.sum
            case .fold, .keep: central.sum
            case .mask, .spent: nil
            }
        guard let sum else { throw FederationError(.corruptState, "round \(round.start.round) has no sum yet") }
        let lanes = AvailableCores.count
        let noisy = try central.noise.noised(sum, expected: round.expected, lanes: lanes)
        return try Aggregators.linear(aggregator)
            .result(ofMeanDifference: central.layout.tensors(noisy), from: round.start)
    }

    /// Notes the noise of the coordinator's durably, before it is drawn and before anything that follows from it is written
    /// or told.
    func noteCentralNoise() throws {
        // A round that was given up releases nothing.
        guard let book = settings.privacy, book.settings.mechanism == .central,
            let round = current.withLock({ $0.round }), !round.isSpent
        else { return }
        try book.noteAhead(centralRelease(book))
    }

    /// The report with what the round has released, and without what it may not tell.
    func noted(_ report: RoundReport) throws -> RoundReport {
        var report = report
        // Workers do not mask a round's results twice: a coordinator that goes on from an earlier one finds nobody.
        if settings.masking != nil { report.isFinal = true }
        guard disclosure != .everything else { return report }
        report.loss = nil
        report.tokens = 0
        report.values = [:]
        guard let book = settings.privacy else { return report }
        report.isFinal = true
        report.values["clip"] = state.clip
        report.values["epsilon"] = try book.epsilon()
        let isSpent = try book.isSpent(by: nextRelease)
        current.withLock { $0.isBudgetSpent = isSpent }
        return report
    }
}
