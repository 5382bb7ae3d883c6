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
    func centralRound(_ state: State, expected: Int) throws -> CentralRound? {
        guard let book = settings.privacy, book.settings.mechanism == .central else { return nil }
        let clip = try book.settings.adaptiveClip(from: state.clip, expected: expected)
        return CentralRound(noise: try CentralNoise(book.settings, clip), clip: clip)
    }

    /// Noise of the coordinator's in a round.
    struct CentralRound {
        let noise: CentralNoise
        /// The clip, where it follows a quantile.
        var clip: AdaptiveClip?
        /// Norms of the updates before clipping.
        var norms: [Double] = []

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
                return try PrivacyRelease(
                    .gaussian(noiseMultiplier: book.settings.noiseMultiplier), sampling: accountedSampling)
            }
            let state = state
            let start = try RoundStart(state: state.trained, layout: layout, round: state.round)
            let (terms, _) = try terms(start, masking, masking.roundWorkers)
            return try release(of: terms, book)
        }
    }

    func release(of terms: MaskingTerms, _ book: PrivacyBook) throws -> PrivacyRelease {
        guard let noise = terms.noise?.noise else {
            return try PrivacyRelease(
                .gaussian(noiseMultiplier: book.settings.noiseMultiplier), sampling: accountedSampling)
        }
        return try PrivacyRelease(.distributed(noise), sampling: .everybody)
    }

    /// Samples are drawn by independent coins where that is what is accounted; under masks everybody counts as taking part,
    /// for the coordinator knows who does.
    private var accountedSampling: PrivacyRelease.Sampling {
        guard case .sampled(let share, _) = settings.participation, share < 1, settings.masking == nil else {
            return .everybody
        }
        return .poisson(rate: share)
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
    func privateResult(of round: Round, _ noise: CentralNoise) throws -> AggregationResult {
        let keys = round.start.sentKeys(aggregator.trainedFactors(inRound: round.start.round))
        let start = StateDict(keys.compactMap { key in round.start.state[key].map { (key, $0) } })
        let layout = UpdateLayout(start, carriesLoss: false)
        var sum = [Float](repeating: 0, count: layout.valueCount)
        if round.contributions > 0 {
            let mean = try round.result(of: aggregator).state
            sum = try layout.difference(mean, from: start).map { $0 * Float(round.contributions) }
        }
        let lanes = ProcessInfo.processInfo.activeProcessorCount
        let noisy = try noise.noised(sum, workers: round.contributions, expected: round.expected, lanes: lanes)
        return try Aggregators.linear(aggregator).result(ofMeanDifference: layout.tensors(noisy), from: round.start)
    }

    /// The report with what the round has released, and without what it may not tell.
    func noted(_ report: RoundReport) throws -> RoundReport {
        var report = report
        // Workers do not mask a round's results twice: a coordinator that goes on from an earlier one finds nobody.
        if settings.masking != nil { report.isFinal = true }
        guard !settings.tellsLoss else { return report }
        report.loss = nil
        report.tokens = 0
        report.values = [:]
        guard let book = settings.privacy else { return report }
        report.isFinal = true
        report.values["clip"] = state.clip
        // Under masks a round without results was given up: it releases nothing.
        if book.settings.mechanism == .central, settings.masking == nil || report.contributions > 0 {
            let release = try PrivacyRelease(
                .gaussian(noiseMultiplier: book.settings.noiseMultiplier), sampling: accountedSampling)
            try book.note(release)
            report.release = release
        }
        report.values["epsilon"] = try book.epsilon()
        let isSpent = try book.isSpent(by: nextRelease)
        current.withLock { $0.isBudgetSpent = isSpent }
        return report
    }
}
