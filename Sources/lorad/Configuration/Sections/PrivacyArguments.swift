import Models

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
        var colluders = 1
        var bits = 32
        var clip = 1.0

        static let fields: [Field<Self>] = [
            Field("enabled", \.enabled, "Whether updates are masked.", isRequired: true),
            Field(
                "threshold", \.threshold, "Share of the workers that must stay for a round to count, above one half.",
                .within(above: 0.5, upTo: 1)),
            Field("fewest_workers", \.fewestWorkers, "Fewer workers make no sum.", .within(2...10_000)),
            Field(
                "colluders", \.colluders,
                "Workers of a sum that may be in league with the coordinator; the others alone make the noise of shares.",
                .within(1...9_999)),
            Field("bits", \.bits, "Bits that a masked value takes.", .within(16...32)),
            Field("clip", \.clip, "Largest change of a value; larger ones are cut.", .clip),
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
            Field("enabled", \.enabled, "Whether updates are clipped and noise is added.", isRequired: true),
            Field(
                "unit", \.unit,
                "Whom the noise hides: a worker with all of its data, a person by the rows' field `person`, or an example."
            ),
            Field(
                "mechanism", \.mechanism,
                "Gaussian noise of the coordinator's, or shares of noise that workers add under secure aggregation."),
            Field("clip", \.clip, "Largest norm of a contribution.", .clip),
            Field(
                "clip_quantile", \.clipQuantile,
                "Share of updates that the clip should leave whole: it then moves from round to round.",
                Constraint.probability.whenGiven),
            Field(
                "noise_multiplier", \.noiseMultiplier,
                "Standard deviation of the noise, in clips; found by target_epsilon and rounds unless given.",
                Constraint.within(0.01...1_000_000).whenGiven),
            Field("delta", \.delta, "Probability that the guarantee may fail.", .probability),
            Field(
                "target_epsilon", \.targetEpsilon, "The budget; the run stops before it is spent.",
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
