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

    /// Keys that a coordinator does not need if the workers have the data.
    static let dataOfWorkers: Set<String> = ["data", "data.train"]

    static let rules: [SectionRule<Self>] = [
        SectionRule(key: "training.eval_steps") {
            $0.training.evalSteps != nil && $0.data.validation == nil
                ? "there is nothing to evaluate on: set data.validation, or remove eval_steps" : nil
        },
        SectionRule(key: "privacy.secure_aggregation") { $0.problemOfMasking },
        SectionRule(key: "privacy.differential_privacy") { $0.problemOfNoise },
    ]

    /// Why per-worker noise for examples or people cannot be used as configured. Processing of the updates afterwards
    /// costs no privacy, so every aggregation is allowed.
    private func problemOfOwnNoise(
        _ noise: PrivacyArguments.DifferentialPrivacy, _ federation: FederationArguments
    ) -> String? {
        guard noise.mechanism == .gaussian else {
            return
                "unit: \(noise.unit.rawValue) needs Gaussian noise, which each worker adds itself: set mechanism: "
                + "gaussian"
        }
        guard federation.localEpochs == nil else {
            return
                "unit: \(noise.unit.rawValue) samples the examples of each step at random, so there are no epochs: "
                + "set federation.local_steps instead of local_epochs"
        }
        guard noise.clipQuantile == nil else {
            return
                "unit: \(noise.unit.rawValue) clips gradients on the workers, but clip_quantile adapts the clip of "
                + "updates: remove clip_quantile"
        }
        return noise.noiseMultiplier == nil && noise.targetEpsilon == nil
            ? "needs noise_multiplier, or target_epsilon to derive it from" : nil
    }

    /// Whether workers add noise for their own examples or people.
    var ownPrivacy: PrivacyArguments.DifferentialPrivacy? {
        privacy?.differentialPrivacy.ownNoise
    }

    /// Why differential privacy cannot be used as configured.
    private var problemOfNoise: String? {
        guard let privacy, privacy.differentialPrivacy.enabled else { return nil }
        let noise = privacy.differentialPrivacy
        guard let federation, federation.mode == .federated else {
            return "protects workers with their own data: it needs federation.mode federated"
        }
        guard noise.unit == .worker else { return problemOfOwnNoise(noise, federation) }
        guard noise.population == nil else {
            return
                "protects whole workers, but population is a number of people or examples at each worker: remove "
                + "population, or set unit: person or example"
        }
        guard federation.refuseNorm == nil else {
            return
                "hides the norm of each update, which federation.refuse_norm needs: remove refuse_norm; clip "
                + "already bounds every update"
        }
        guard noise.mechanism == .gaussian || privacy.secureAggregation.enabled else {
            return
                "uses noise that workers add, which hides nothing from a coordinator that sees each update: enable "
                + "privacy.secure_aggregation, or set mechanism: gaussian"
        }
        guard noise.clipQuantile == nil || noise.mechanism == .gaussian && !privacy.secureAggregation.enabled else {
            return
                "has clip_quantile, which needs each update's norm: set mechanism: gaussian without "
                + "privacy.secure_aggregation, or remove clip_quantile"
        }
        guard noise.noiseMultiplier != nil || noise.targetEpsilon != nil else {
            return "needs noise_multiplier, or target_epsilon to derive it from"
        }
        do {
            _ = try Aggregators.linear(named: federation.aggregation)
            return try problemOfBudget(noise)
        } catch {
            return "\(error)"
        }
    }

    /// Why the budget does not suffice for a single round, if the run file alone determines that: with noise added by
    /// the coordinator.
    private func problemOfBudget(_ noise: PrivacyArguments.DifferentialPrivacy) throws -> String? {
        guard noise.mechanism == .gaussian, let multiplier = noise.noiseMultiplier, let epsilon = noise.targetEpsilon
        else { return nil }
        let plan = PrivacyPlan(
            target: try PrivacyTarget(epsilon: epsilon, delta: noise.delta), sampling: .everybody, adjacency: .zeroOut)
        let spent = try plan.spent(noiseMultiplier: multiplier, rounds: 1).epsilon
        return spent > epsilon
            ? "has noise_multiplier \(multiplier), with which a single round costs an epsilon of \(spent), above "
                + "target_epsilon \(epsilon): raise noise_multiplier or target_epsilon"
            : nil
    }

    /// Larger weights would leave too little of a ring element for the values.
    private static let largestMaskedWeight = 65_536

    /// Why secure aggregation cannot be used as configured.
    private var problemOfMasking: String? {
        guard let masking = privacy?.secureAggregation, masking.enabled else { return nil }
        guard let federation, federation.mode == .federated else {
            return "is for data that stays with the workers: it needs federation.mode federated"
        }
        guard masking.colluders < masking.fewestWorkers else {
            return
                "hides nobody if \(masking.colluders) of the \(masking.fewestWorkers) workers of a sum may collude "
                + "with the coordinator: raise fewest_workers above colluders"
        }
        guard federation.refuseNorm == nil else {
            return "hides each update, but federation.refuse_norm must see it: remove refuse_norm"
        }
        guard federation.localEpochs == nil || federation.maxExamplesWeight <= Self.largestMaskedWeight else {
            return
                "leaves \(masking.bits) bits for weights and values together: set federation.max_examples_weight to "
                + "the number of examples of the largest worker, at most \(Self.largestMaskedWeight)"
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
