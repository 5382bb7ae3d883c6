import Training

/// Everything that a run file says.
struct RunConfiguration: ConfigurationSection {
    var run = "run"
    var model = ModelArguments()
    var adapter = AdapterArguments()
    var data = DataArguments()
    var training = TrainingArguments()
    var federation: FederationArguments?
    var privacy: PrivacyArguments?

    static let fields: [Field<Self>] = [
        Field("run", \.run, "The run's name."),
        Field("model", section: \.model, "The base model.", isRequired: true),
        Field("adapter", section: \.adapter, "What is trained, by PEFT's names.", isRequired: true),
        Field("data", section: \.data, "What it is trained on.", isRequired: true),
        Field("training", section: \.training, "How it is trained, by transformers' names."),
        Field("federation", optionalSection: \.federation, "How several machines share a run."),
        Field("privacy", optionalSection: \.privacy, "What a federated run gives away."),
    ]

    /// What a coordinator need not have where the data is the workers'.
    static let dataOfWorkers: Set<String> = ["data", "data.train"]

    static let rules: [SectionRule<Self>] = [
        SectionRule(key: "training.eval_steps") {
            $0.training.evalSteps != nil && $0.data.validation == nil
                ? "there is nothing to evaluate on: set data.validation, or leave eval_steps out" : nil
        }
    ]

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
