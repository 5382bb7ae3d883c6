/// The `privacy` section: what the coordinator of a federated run may learn.
struct PrivacyArguments: ConfigurationSection {
    var secureAggregation = SecureAggregation()
    var differentialPrivacy = DifferentialPrivacy()

    static let fields: [Field<Self>] = [
        Field("secure_aggregation", section: \.secureAggregation, "The coordinator learns a sum, not an update."),
        Field("differential_privacy", section: \.differentialPrivacy, "Noise that hides what one contributor adds."),
    ]

    /// Masks that cancel in the sum.
    struct SecureAggregation: ConfigurationSection {
        var enabled = false
        var threshold = 0.67
        var fewestWorkers = 3
        var bits = 32
        var clip = 1.0

        static let fields: [Field<Self>] = [
            Field("enabled", \.enabled, "Whether updates are masked."),
            Field(
                "threshold", \.threshold, "Share of the workers that must stay for a round to count, above one half.",
                Constraint(requirement: "be greater than 0.5 and at most 1") { $0 > 0.5 && $0 <= 1 }),
            Field("fewest_workers", \.fewestWorkers, "Fewer workers make no sum.", .atLeast(2)),
            Field("bits", \.bits, "Bits that a masked value takes.", .within(16...32)),
            Field("clip", \.clip, "Largest change of a value; larger ones are cut.", .above(0)),
        ]
    }

    /// Clipping, noise and an accounted budget.
    struct DifferentialPrivacy: ConfigurationSection {
        var enabled = false
        var clip = 1.0
        var noiseMultiplier = 1.0
        var delta = 1e-5
        var targetEpsilon: Double?

        static let fields: [Field<Self>] = [
            Field("enabled", \.enabled, "Whether updates are clipped and noise is added."),
            Field("clip", \.clip, "Largest norm of a contribution.", .above(0)),
            Field("noise_multiplier", \.noiseMultiplier, "Standard deviation of the noise, in clips.", .atLeast(0)),
            Field("delta", \.delta, "Probability that the guarantee may fail.", .probability),
            Field(
                "target_epsilon", \.targetEpsilon, "The budget; the run stops before it is spent.",
                Constraint.above(0).whenGiven),
        ]
    }
}

extension Constraint<Double> {
    fileprivate static let probability = Self(requirement: "be greater than 0 and less than 1") { $0 > 0 && $0 < 1 }
}
