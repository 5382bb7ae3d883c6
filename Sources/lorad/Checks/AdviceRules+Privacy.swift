import Training

extension AdviceRules {
    /// The most rows that are worth hiding one of without knowing how many there are.
    private static let usualDelta = 1e-4

    static let ofPrivacy: [AdviceRule] = [
        AdviceRule(name: "a tiny cohort") { facts in
            guard let noise = facts.noise, noise.unit == .worker, let cohort = facts.cohort, cohort < 10 else {
                return []
            }
            return [
                Advice(
                    key: "federation.min_workers",
                    what: "\(cohort.short) workers in a round hide each other by noise",
                    why:
                        "the noise of a mean is that of one contribution divided by their number: over so few it drowns"
                        + " what is learned, or hides little",
                    action: "gather tens of workers, or hide rows instead: unit: example")
            ]
        },
        AdviceRule(name: "a large epsilon") { facts in
            guard let noise = facts.noise, let epsilon = noise.targetEpsilon, epsilon > 10 else { return [] }
            return [
                Advice(
                    key: "privacy.differential_privacy.target_epsilon", what: "\(epsilon.short) is a large budget",
                    why:
                        "who knows all other rows may be surer of one by a factor of e to that power, which is no bound",
                    action: "set 8 or less, or call it what it is: noise without a guarantee")
            ]
        },
        AdviceRule(name: "little noise") { facts in
            guard let noise = facts.noise, noise.targetEpsilon == nil, let multiplier = noise.noiseMultiplier,
                multiplier < 0.5
            else { return [] }
            return [
                Advice(
                    key: "privacy.differential_privacy.noise_multiplier", what: "\(multiplier.short) clips of noise",
                    why: "a single release of so little costs an epsilon of about ten or more",
                    action: "give target_epsilon, which finds the noise (lorad privacy sigma tells it beforehand)")
            ]
        },
        AdviceRule(name: "a large delta") { facts in
            guard let noise = facts.noise else { return [] }
            let limit = noise.unit == .worker ? facts.cohort.map { min(usualDelta, 1 / max(1, $0)) } : usualDelta
            guard let limit, noise.delta >= limit else { return [] }
            return [
                Advice(
                    key: "privacy.differential_privacy.delta", what: "\(noise.delta.short) is a large delta",
                    why: "giving one contributor's data away altogether keeps to a delta of one by their number",
                    action: "set 1e-5, well below one by the number of contributors")
            ]
        },
        AdviceRule(name: "small batches under noise", isOfExperience: true) { facts in
            guard let noise = facts.noise, noise.unit != .worker, facts.training.rowsPerStep < 32 else { return [] }
            return [
                Advice(
                    key: "training.per_device_train_batch_size",
                    what: "\(facts.training.rowsPerStep) rows share a step's noise",
                    why: "the noise of a step does not depend on its rows, so that larger ones lose less to it",
                    action: "set 64 or more, with fewer steps")
            ]
        },
    ]
}

extension RunFacts {
    /// Differential privacy, where it is on.
    var noise: PrivacyArguments.DifferentialPrivacy? {
        configuration.privacy.flatMap { $0.differentialPrivacy.enabled ? $0.differentialPrivacy : nil }
    }

    /// How many workers are in a round, at least and on average.
    var cohort: Double? {
        configuration.federation.map { max(1, Double($0.minWorkers) * $0.participation) }
    }
}
