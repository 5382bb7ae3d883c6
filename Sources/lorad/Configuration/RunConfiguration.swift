import Federation
import Privacy
import Training

/// Everything that a run file says.
struct RunConfiguration: ConfigurationSection {
    var run = "run"
    var model = ModelArguments()
    var tokenizer: TokenizerArguments?
    var adapter = AdapterArguments()
    var data = DataArguments()
    var training = TrainingArguments()
    var federation: FederationArguments?
    var privacy: PrivacyArguments?

    static let fields: [Field<Self>] = [
        Field("run", \.run, "Name of the run."),
        Field("model", section: \.model, "The base model.", isRequired: true),
        Field("tokenizer", optionalSection: \.tokenizer, "Additions to the base model's vocabulary."),
        Field("adapter", section: \.adapter, "What is trained, with PEFT's names.", isRequired: true),
        Field("data", section: \.data, "Training and validation data.", isRequired: true),
        Field("training", section: \.training, "How it is trained, with transformers' names."),
        Field("federation", optionalSection: \.federation, "How several machines share a run."),
        Field("privacy", optionalSection: \.privacy, "What a federated run gives away."),
    ]

    /// What a coordinator need not have where the data is the workers'.
    static let dataOfWorkers: Set<String> = ["data", "data.train"]

    static let rules: [SectionRule<Self>] = [
        SectionRule(key: "training.eval_steps") {
            $0.training.evalSteps != nil && $0.data.validation == nil
                ? "there is nothing to evaluate on: set data.validation, or leave eval_steps out" : nil
        },
        SectionRule(key: "privacy.secure_aggregation") { $0.problemOfMasking },
        SectionRule(key: "privacy.differential_privacy") { $0.problemOfNoise },
    ]

    /// Why noise that each worker adds for its own examples or people cannot be as it is asked for. Whatever is made of the
    /// updates afterwards costs nothing, so that every aggregation will do.
    private func problemOfOwnNoise(
        _ noise: PrivacyArguments.DifferentialPrivacy, _ federation: FederationArguments
    ) -> String? {
        guard noise.mechanism == .gaussian else {
            return "unit: \(noise.unit.rawValue) has Gaussian noise of each worker's own: set mechanism: gaussian"
        }
        guard federation.localEpochs == nil else {
            return
                "unit: \(noise.unit.rawValue) draws the rows of each step by chance, so that there are no epochs: set "
                + "federation.local_steps in place of local_epochs"
        }
        guard noise.clipQuantile == nil else {
            return
                "unit: \(noise.unit.rawValue) clips gradients at the workers, and clip_quantile moves the clip of updates: "
                + "leave it out"
        }
        return noise.noiseMultiplier == nil && noise.targetEpsilon == nil
            ? "needs noise_multiplier, or target_epsilon to find it by" : nil
    }

    /// Whether workers add noise for their own examples or people.
    var ownPrivacy: PrivacyArguments.DifferentialPrivacy? {
        privacy?.differentialPrivacy.ownNoise
    }

    /// Why differential privacy cannot be as it is asked for.
    private var problemOfNoise: String? {
        guard let privacy, privacy.differentialPrivacy.enabled else { return nil }
        let noise = privacy.differentialPrivacy
        guard let federation, federation.mode == .federated else {
            return "hides workers with data of their own: it needs federation.mode federated"
        }
        guard noise.unit == .worker else { return problemOfOwnNoise(noise, federation) }
        guard noise.population == nil else {
            return "has population, the number of people or examples at each worker, and hides whole workers: leave it "
                + "out, or set unit: person or example"
        }
        guard federation.refuseNorm == nil else {
            return
                "hides how long each update is, and federation.refuse_norm refuses by that: leave refuse_norm out; clip "
                + "bounds every update"
        }
        guard noise.mechanism == .gaussian || privacy.secureAggregation.enabled else {
            return "has noise that workers add, which hides nothing from a coordinator that sees each update: enable "
                + "privacy.secure_aggregation, or set mechanism: gaussian"
        }
        guard noise.clipQuantile == nil || noise.mechanism == .gaussian && !privacy.secureAggregation.enabled else {
            return "has clip_quantile, which needs each update's norm: set mechanism: gaussian without "
                + "privacy.secure_aggregation, or leave clip_quantile out"
        }
        guard noise.noiseMultiplier != nil || noise.targetEpsilon != nil else {
            return "needs noise_multiplier, or target_epsilon to find it by"
        }
        do {
            _ = try Aggregators.linear(named: federation.aggregation)
            return try problemOfBudget(noise)
        } catch {
            return "\(error)"
        }
    }

    /// Why the budget lasts for no round, where the run file alone tells: with noise of the coordinator's.
    private func problemOfBudget(_ noise: PrivacyArguments.DifferentialPrivacy) throws -> String? {
        guard noise.mechanism == .gaussian, let multiplier = noise.noiseMultiplier, let epsilon = noise.targetEpsilon
        else { return nil }
        let plan = PrivacyPlan(
            target: try PrivacyTarget(epsilon: epsilon, delta: noise.delta), sampling: .everybody, adjacency: .zeroOut)
        let spent = try plan.spent(noiseMultiplier: multiplier, rounds: 1).epsilon
        return spent > epsilon
            ? "has noise_multiplier \(multiplier), with which one round costs an epsilon of \(spent), and target_epsilon "
                + "\(epsilon): more noise, or a larger budget" : nil
    }

    /// Larger weights would leave too little of a ring element for the values.
    private static let largestMaskedWeight = 65_536

    /// Why secure aggregation cannot be as it is asked for.
    private var problemOfMasking: String? {
        guard let masking = privacy?.secureAggregation, masking.enabled else { return nil }
        guard let federation, federation.mode == .federated else {
            return "is for data that stays with the workers: it needs federation.mode federated"
        }
        guard masking.colluders < masking.fewestWorkers else {
            return
                "hides nobody where \(masking.colluders) of the \(masking.fewestWorkers) workers of a sum may be in league "
                + "with the coordinator: raise fewest_workers above colluders"
        }
        guard federation.refuseNorm == nil else {
            return "hides each update, and federation.refuse_norm looks at them: leave that out"
        }
        guard federation.localEpochs == nil || federation.maxExamplesWeight <= Self.largestMaskedWeight else {
            return "leaves \(masking.bits) bits for weights and values together: set federation.max_examples_weight to "
                + "the rows of the largest worker, \(Self.largestMaskedWeight) at most"
        }
        do {
            _ = try Aggregators.linear(named: federation.aggregation)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// The sections that are given but say nothing to a run in one process.
    var sectionsOfSharedRuns: [String] {
        [federation.map { _ in "federation" }, privacy.map { _ in "privacy" }].compactMap(\.self)
    }

    /// The sections that have a key, dotted.
    static func sections(holding key: String) -> [String] { sections(holding: key, among: fields.map(\.description)) }

    private static func sections(holding key: String, among fields: [FieldDescription]) -> [String] {
        fields.flatMap { field in
            let here = field.nested.contains { $0.name == key } ? [field.name] : []
            return here + sections(holding: key, among: field.nested).map { "\(field.name).\($0)" }
        }
    }
}
