import Training

extension AdviceRules {
    /// The most examples that are worth hiding one of without knowing how many there are.
    private static let usualDelta = 1e-4

    static let ofPrivacy: [AdviceRule] = [
        AdviceRule(name: "a tiny cohort") { facts in
            guard let noise = facts.noise, noise.unit == .worker, let cohort = facts.cohort, cohort < 10 else {
                return []
            }
            return [
                Advice(
                    key: "federation.min_workers",
                    what: "the noise protects only \(cohort.short) workers per round",
                    why:
                        "the noise on the mean shrinks with the number of workers: with so few, it either drowns "
                        + "the update or hides little",
                    action: "gather tens of workers, or protect single examples: unit: example")
            ]
        },
        AdviceRule(name: "a large epsilon") { facts in
            guard let noise = facts.noise, let epsilon = noise.targetEpsilon, epsilon > 10 else { return [] }
            return [
                Advice(
                    key: "privacy.differential_privacy.target_epsilon", what: "\(epsilon.short) is a large budget",
                    why:
                        "someone who knows all other examples may become exp(epsilon) times as sure of one: no real "
                        + "limit",
                    action: "set 8 or less, or do not call the noise a privacy guarantee")
            ]
        },
        AdviceRule(name: "little noise") { facts in
            guard let noise = facts.noise, noise.targetEpsilon == nil, let multiplier = noise.noiseMultiplier,
                multiplier < 0.5
            else { return [] }
            return [
                Advice(
                    key: "privacy.differential_privacy.noise_multiplier",
                    what: "the noise is only \(multiplier.short) times the clip",
                    why: "a single release with so little noise costs an epsilon of about ten or more",
                    action: "set target_epsilon, and lorad finds the noise (lorad privacy sigma shows it beforehand)")
            ]
        },
        AdviceRule(name: "a large delta") { facts in
            guard let noise = facts.noise else { return [] }
            let limit = noise.unit == .worker ? facts.cohort.map { min(usualDelta, 1 / max(1, $0)) } : usualDelta
            guard let limit, noise.delta >= limit else { return [] }
            return [
                Advice(
                    key: "privacy.differential_privacy.delta", what: "\(noise.delta.short) is a large delta",
                    why: "publishing all data of one contributor satisfies a delta of 1 / (number of contributors)",
                    action: "set 1e-5: delta must be well below 1 / (number of contributors)")
            ]
        },
        AdviceRule(name: "small batches under noise", isOfExperience: true) { facts in
            guard let noise = facts.noise, noise.unit != .worker, facts.training.rowsPerStep < 32 else { return [] }
            return [
                Advice(
                    key: "training.per_device_train_batch_size",
                    what: "\(facts.training.rowsPerStep) examples share the noise of a step",
                    why: "the noise of a step does not depend on its size, so larger batches lose less to it",
                    action: "set 64 or more, with fewer steps")
            ]
        },
    ]
}

extension RunFacts {
    /// Differential privacy, if enabled.
    var noise: PrivacyArguments.DifferentialPrivacy? {
        configuration.privacy.flatMap { $0.differentialPrivacy.enabled ? $0.differentialPrivacy : nil }
    }

    /// How many workers are in a round, at least and on average.
    var cohort: Double? {
        configuration.federation.map { max(1, Double($0.minWorkers) * $0.participation) }
    }
}
