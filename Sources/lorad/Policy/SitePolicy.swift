import Foundation

/// What an institution lets its worker take part in: the file behind `lorad worker --policy`.
///
/// Everything is refused that it does not allow; where the worker's own options are stricter, they hold.
struct SitePolicy: ConfigurationSection {
    var coordinators = Approved<ApprovedCoordinator>.any
    var runs = Approved<ApprovedRun>.any
    var baseModels = Approved<ApprovedModel>.any
    var baseAdapters = Approved<ApprovedAdapter>.any
    var methods = Approved<ApprovedMethod>.any
    var modules = Approved<ApprovedModule>.any
    var rounds = 1
    var days = 1.0
    var until: String?
    var secureAggregation = SecureAggregation()
    var differentialPrivacy = DifferentialPrivacy()

    static let fields: [Field<Self>] = [
        Field("coordinators", \.coordinators, "Coordinators that the worker joins.", isRequired: true),
        Field("runs", \.runs, "Runs that it takes part in.", isRequired: true),
        Field("base_models", \.baseModels, "Base models that may train on its data.", isRequired: true),
        Field("base_adapters", \.baseAdapters, "Adapters that a run may start from.", isRequired: true),
        Field("methods", \.methods, "What may train in the model.", isRequired: true),
        Field("modules", \.modules, "Where in the model it may train.", isRequired: true),
        Field("rounds", \.rounds, "The most rounds of a run.", .within(1...1_000_000), isRequired: true),
        Field(
            "days", \.days, "The most days from the first round that the worker takes part in to the last.",
            .within(above: 0, upTo: 36_500), isRequired: true),
        Field(
            "until", \.until, "The last day on which this policy holds, such as 2030-06-30, in UTC.",
            Self.date.whenGiven),
        Field(
            "secure_aggregation", section: \.secureAggregation, "What hides one update among others.", isRequired: true
        ),
        Field(
            "differential_privacy", section: \.differentialPrivacy, "What hides one contributor in all results.",
            isRequired: true),
    ]

    private static let date = Constraint<String>(requirement: "be a day such as 2030-06-30") { day(of: $0) != nil }

    /// The beginning of a day in UTC; `nil` if the text is none.
    static func day(of text: String) -> Date? {
        guard text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) != nil else { return nil }
        let numbers = text.split(separator: "-").compactMap { Int($0) }
        guard numbers.count == 3 else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let wanted = DateComponents(year: numbers[0], month: numbers[1], day: numbers[2])
        guard let date = calendar.date(from: wanted) else { return nil }
        let found = calendar.dateComponents([.year, .month, .day], from: date)
        let isSame = found.year == wanted.year && found.month == wanted.month && found.day == wanted.day
        return isSame ? date : nil
    }

    /// Masks.
    struct SecureAggregation: ConfigurationSection {
        var required = false
        var threshold: Double?
        var fewestWorkers: Int?
        var fewestShare: Double?
        var peers: String?
        var colluders: Int?
        var honestWorkers: Int?

        static let fields: [Field<Self>] = [
            Field("required", \.required, "Whether unmasked updates are refused.", isRequired: true),
            Field(
                "fewest_workers", \.fewestWorkers, "The fewest workers of a sum.",
                Constraint.within(2...10_000).whenGiven),
            Field(
                "peers", \.peers, "A file with the signing keys of the workers that may take part, one per line.",
                Constraint<String>.file.whenGiven),
            Field(
                "fewest_share", \.fewestShare, "The smallest share of these workers that may make a sum.",
                Constraint.within(above: 0, upTo: 1).whenGiven),
            Field(
                "threshold", \.threshold, "The smallest share of a round's workers that may open a sum.",
                Constraint.within(above: 0.5, upTo: 1).whenGiven),
            Field(
                "colluders", \.colluders, "Workers of a sum that may be in league with the coordinator.",
                Constraint.within(1...9_999).whenGiven),
            Field(
                "honest_workers", \.honestWorkers,
                "Honest workers that the site counts on in a sum: shares of noise may rest on no more.",
                Constraint.within(1...10_000).whenGiven),
        ]

        static let rules: [SectionRule<Self>] =
            [
                SectionRule(key: "colluders") {
                    guard let colluders = $0.colluders, let fewest = $0.fewestWorkers, colluders >= fewest else {
                        return nil
                    }
                    return
                        "contradicts fewest_workers: \(fewest): of \(fewest) workers of a sum \(colluders) in league with the "
                        + "coordinator leave nobody to hide among"
                },
                SectionRule(key: "honest_workers") {
                    guard let honest = $0.honestWorkers, let fewest = $0.fewestWorkers,
                        honest > fewest - ($0.colluders ?? 1)
                    else { return nil }
                    return
                        "contradicts fewest_workers: \(fewest): without colluders (\($0.colluders ?? 1)) a sum may have "
                        + "\(fewest - ($0.colluders ?? 1)) honest workers, and \(honest) are counted on"
                },
            ]
            + ["fewest_workers", "peers", "fewest_share", "threshold", "colluders", "honest_workers"].map(
                Self.needsMasks)

        /// A key that means nothing where masks are not required.
        private static func needsMasks(_ key: String) -> SectionRule<Self> {
            SectionRule(key: key) { section in
                guard !section.required, fields.first(where: { $0.name == key })?.write(section)?.isNull == false else {
                    return nil
                }
                return
                    "contradicts required: false, with which an unmasked update is allowed: set required: true, or leave "
                    + "\(key) out"
            }
        }
    }

    /// Noise.
    struct DifferentialPrivacy: ConfigurationSection {
        var required = false
        var units = Approved<ApprovedUnit>.any
        var maxEpsilon: Double?
        var delta: Double?

        static let fields: [Field<Self>] = [
            Field(
                "required", \.required, "Whether results without noise of this worker's own making are refused.",
                isRequired: true),
            Field("units", \.units, "Whose data the noise must hide."),
            Field(
                "max_epsilon", \.maxEpsilon, "The largest epsilon of everything that all runs of this worker get.",
                Constraint.within(0.000_001...1_000_000).whenGiven),
            Field(
                "delta", \.delta, "The delta at which that epsilon counts.",
                Constraint<Double>(requirement: "be greater than 0 and less than 1") { $0 > 0 && $0 < 1 }.whenGiven),
        ]

        static let rules: [SectionRule<Self>] = [
            SectionRule(key: "max_epsilon") {
                if $0.required {
                    return $0.maxEpsilon == nil
                        ? "is needed where noise is required: noise without a limit of epsilon protects nobody" : nil
                }
                return $0.maxEpsilon == nil ? nil : Self.contradiction("max_epsilon")
            },
            SectionRule(key: "delta") {
                if $0.maxEpsilon != nil {
                    return $0.delta == nil ? "is needed beside max_epsilon: an epsilon means nothing without it" : nil
                }
                return $0.delta == nil ? nil : $0.required ? nil : Self.contradiction("delta")
            },
            SectionRule(key: "units") { $0.units.names == nil || $0.required ? nil : Self.contradiction("units") },
        ]

        private static func contradiction(_ key: String) -> String {
            "contradicts required: false, with which results without noise are allowed: set required: true, or leave \(key) out"
        }
    }
}
