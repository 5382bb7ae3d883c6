import Models

/// The `privacy` section: what the coordinator of a federated run may learn.
struct PrivacyArguments: ConfigurationSection {
    var secureAggregation = SecureAggregation()
    var differentialPrivacy = DifferentialPrivacy()

    static let fields: [Field<Self>] = [
        Field(
            "secure_aggregation", section: \.secureAggregation,
            "Secure aggregation: the coordinator learns a sum, not an update."),
        Field(
            "differential_privacy", section: \.differentialPrivacy,
            "Differential privacy: noise that hides a single contributor."),
    ]

    /// Masks that cancel in the sum.
    struct SecureAggregation: ConfigurationSection {
        var enabled = false
        var threshold = 0.67
        var fewestWorkers = 3
        var colluders = 1
        var bits = 32
        var clip = 1.0

        static let fields: [Field<Self>] = [
            Field("enabled", \.enabled, "Mask updates, so that the coordinator sees only their sum.", isRequired: true),
            Field(
                "threshold", \.threshold, "Share of a round's workers that must stay until its end; more than 0.5.",
                .within(above: 0.5, upTo: 1)),
            Field("fewest_workers", \.fewestWorkers, "Smallest number of workers in a sum.", .within(2...10_000)),
            Field(
                "colluders", \.colluders,
                "Number of workers in a sum assumed to collude with the coordinator. The noise is sized for the others alone.",
                .within(1...9_999)),
            Field("bits", \.bits, "Bits per masked value.", .within(16...32)),
            Field("clip", \.clip, "Largest change of a single value; larger ones are clipped.", .clip),
        ]
    }

    /// Clipping, noise and an accounted budget.
    struct DifferentialPrivacy: ConfigurationSection {
        /// Who adds noise, of which distribution.
        enum Mechanism: String, CaseIterable, Sendable {
            case gaussian
            case discreteGaussian = "discrete_gaussian"
            case skellam
        }

        /// Whom the noise hides.
        enum Unit: String, CaseIterable, Sendable {
            case worker, person, example
        }

        var enabled = false
        var unit = Unit.worker
        var mechanism = Mechanism.gaussian
        var clip = 1.0
        var clipQuantile: Double?
        var noiseMultiplier: Double?
        var delta = 1e-5
        var targetEpsilon: Double?
        var population: Int?

        static let fields: [Field<Self>] = [
            Field("enabled", \.enabled, "Clip contributions and add noise.", isRequired: true),
            Field(
                "unit", \.unit,
                "Whom the noise hides: a worker with all its data, a person (the examples' field `person`), or a single example."
            ),
            Field(
                "mechanism", \.mechanism,
                "gaussian: noise of one party: the coordinator's, or with unit person or example each worker's own. discrete_gaussian, "
                    + "skellam: each worker adds a share of the noise under secure aggregation."
            ),
            Field("clip", \.clip, "Maximum norm of a contribution.", .clip),
            Field(
                "clip_quantile", \.clipQuantile,
                "Adapt the clip from round to round so that this share of updates stays unclipped.",
                Constraint.probability.whenGiven),
            Field(
                "noise_multiplier", \.noiseMultiplier,
                "Standard deviation of the noise as a multiple of the clip (default: computed from target_epsilon and rounds).",
                Constraint.within(0.01...1_000_000).whenGiven),
            Field("delta", \.delta, "Probability that the guarantee fails.", .probability),
            Field(
                "target_epsilon", \.targetEpsilon, "Privacy budget. The run stops before exceeding it.",
                Constraint.within(0.000_001...1_000_000).whenGiven),
            Field(
                "population", \.population,
                "Number of people or examples at each worker, as a public figure: with it a worker's real number is hidden "
                    + "too. Without it each worker's own number sets the sampling rate, and is not hidden.",
                Constraint.within(1...1_000_000_000).whenGiven),
        ]
    }
}

extension Constraint<Double> {
    fileprivate static let probability = Self(
        requirement: "be greater than 0 and less than 1",
        schema: [.init("exclusiveMinimum", .int(0)), .init("exclusiveMaximum", .int(1))]
    ) { $0 > 0 && $0 < 1 }
    /// Neither so small that nothing is left of an update, nor so large that its noise is no number.
    fileprivate static let clip = within(0.000_001...1_000_000)
}

extension PrivacyArguments.DifferentialPrivacy {
    /// Itself where workers add noise for their own examples or people.
    var ownNoise: Self? { enabled && unit != .worker ? self : nil }
    /// Itself where workers add noise, of whatever kind.
    var ofWorkers: Self? { enabled && (unit != .worker || mechanism != .gaussian) ? self : nil }
    /// Itself where noise hides whole workers.
    var workerNoise: Self? { enabled && unit == .worker ? self : nil }
}
