import Testing

@testable import lorad

/// A run file that one rule has something to say about, and no other.
struct AdviceCase: Sendable, CustomTestStringConvertible {
    /// The rule.
    let rule: String
    /// What is changed in a run file that nothing can be said against.
    let settings: [String]
    /// The key that the advice is about.
    let key: String
    /// What is changed in what is known of model, data and machine.
    let change: @Sendable (inout RunFacts) -> Void

    init(
        _ rule: String, _ settings: [String], at key: String,
        knowing change: @escaping @Sendable (inout RunFacts) -> Void = { _ in }
    ) {
        (self.rule, self.settings, self.key, self.change) = (rule, settings, key, change)
    }

    var testDescription: String { rule }

    /// A run file that nothing can be said against.
    static let harmless = """
        model: { path: m }
        adapter: { r: 16, lora_alpha: 32, lora_dropout: 0.05 }
        data: { train: t.json, validation: v.json }
        training: { learning_rate: 2e-4, num_train_epochs: 2 }
        """

    /// What is known of a run of that file: ten thousand rows, and layers as a 7B model has them.
    static func facts(_ settings: [String]) throws -> RunFacts {
        // Rounds decide how long a federated run is.
        let lengths = settings.contains(federated) ? ["training={learning_rate: 2e-4}"] : []
        let document = try RunFile.document(harmless, name: "run.yaml", overrides: lengths + settings)
        var facts = RunFacts(try RunFile.configuration(of: document, checksDisk: false), document: document)
        facts.rows = .init(count: 10_000, longest: 900)
        facts.model = .init(layers: [.init(path: "q_proj", rank: 16, inputs: 4096, outputs: 4096)], memory: 1 << 30)
        facts.machine.availableMemory = 16 << 30
        return facts
    }

    static let all = ofTraining + ofSharing

    private static let ofTraining = [
        AdviceCase("bf16 without bf16 products", ["model.precision=bf16"], at: "model.precision") {
            $0.machine.multipliesBFloat16 = false
        },
        AdviceCase("more memory than there is", [], at: "training.lanes") { $0.model?.memory = 17 << 30 },
        AdviceCase("high rank", ["adapter.r=256", "adapter.lora_alpha=512"], at: "adapter.r"),
        AdviceCase(
            "high rank", ["adapter.ranks={vision: 129}", "adapter.alphas={vision: 200}"], at: "adapter.ranks.vision"),
        AdviceCase("rank of a small layer", [], at: "adapter.r") { $0.model?.layers[0].outputs = 31 },
        AdviceCase("modules that are not there", [], at: "adapter.modules_to_save") {
            $0.model?.unmatchedModules = ["nope"]
        },
        AdviceCase("alpha far from the rank", ["adapter.lora_alpha=7"], at: "adapter.lora_alpha"),
        AdviceCase("alpha far from the rank", ["adapter.lora_alpha=65"], at: "adapter.lora_alpha"),
        AdviceCase(
            "alpha far from the rank", ["adapter.use_rslora=true", "adapter.r=64", "adapter.lora_alpha=128"],
            at: "adapter.lora_alpha"),
        AdviceCase(
            "alpha far from the rank", ["adapter.ranks={vision: 64}", "adapter.alphas={vision: 16}"],
            at: "adapter.alphas.vision"),
        AdviceCase("much dropout", ["adapter.lora_dropout=0.5"], at: "adapter.lora_dropout"),
        AdviceCase("dropout with few steps", [], at: "adapter.lora_dropout") { $0.rows?.count = 100 },
        AdviceCase(
            "little data without dropout", ["adapter.lora_dropout=0", "training.num_train_epochs=3"],
            at: "adapter.lora_dropout"
        ) { $0.rows?.count = 999 },
        AdviceCase("rows that are too long", ["data.on_long=drop"], at: "data.max_length") {
            $0.rows = .init(count: 9_000, tooLong: 1_000, longest: 4_000)
        },
        AdviceCase("validation on the training data", ["data.validation=t.json"], at: "data.validation"),
        AdviceCase(
            "many passes unseen", ["data.validation=null", "training.num_train_epochs=4"], at: "data.validation"),
        AdviceCase(
            "steps larger than the data", ["training.num_train_epochs=2", "adapter.lora_dropout=0"],
            at: "training.per_device_train_batch_size"
        ) { $0.rows?.count = 7 },
        AdviceCase("few pairs to compare", [], at: "training.per_device_train_batch_size") {
            $0.model?.isContrastive = true
        },
        AdviceCase("unusual learning rate", ["training.learning_rate=0.0011"], at: "training.learning_rate"),
        AdviceCase("unusual learning rate", ["training.learning_rate=9e-6"], at: "training.learning_rate"),
        AdviceCase(
            "unusual learning rate of a part", ["training.learning_rates={'.*lora_B.*': 0.01}"],
            at: "training.learning_rates"),
        AdviceCase("warm-up longer than the run", ["training.warmup_steps=3000"], at: "training.warmup_steps"),
        AdviceCase("warm-up longer than the run", ["training.warmup_ratio=0.6"], at: "training.warmup_ratio"),
        AdviceCase("two lengths of a run", ["training.max_steps=500"], at: "training.num_train_epochs"),
        AdviceCase("many passes", ["training.num_train_epochs=11"], at: "training.num_train_epochs"),
        AdviceCase("checkpoints that never come", ["training.save_steps=2501"], at: "training.save_steps"),
        AdviceCase("a log that never comes", ["training.logging_steps=2501"], at: "training.logging_steps"),
        AdviceCase("evaluations that never come", ["training.eval_steps=2501"], at: "training.eval_steps"),
        AdviceCase(
            "one evaluation to choose the best of",
            ["training.eval_steps=1300", "training.load_best_model_at_end=true"],
            at: "training.load_best_model_at_end"),
    ]

    private static let federated = "federation={mode: federated, min_workers: 30, rounds: 20, round_deadline: 60}"
    private static let masked = "privacy={secure_aggregation: {enabled: true}}"
    private static let noisy =
        "privacy={differential_privacy: {enabled: true, target_epsilon: 8, delta: 1e-6}}"

    private static let ofSharing = [
        AdviceCase("evaluation of rounds by steps", [federated, "training.eval_steps=5"], at: "training.eval_steps"),
        AdviceCase(
            "evaluation without data", [federated, "federation.eval_rounds=2", "data.validation=null"],
            at: "federation.eval_rounds"),
        AdviceCase(
            "warm-up longer than the run", [federated, "training.warmup_steps=11"], at: "training.warmup_steps"),
        AdviceCase(
            "too few workers for a sum", [federated, masked, "federation.min_workers=1"], at: "federation.min_workers"),
        AdviceCase(
            "no worker to spare", [federated, masked, "federation.min_workers=3"], at: "federation.min_workers"),
        AdviceCase(
            "no worker to spare",
            [federated, masked, "federation.min_workers=5", "privacy.secure_aggregation.fewest_workers=5"],
            at: "federation.min_workers"),
        AdviceCase(
            "no worker to spare",
            [federated, masked, "federation.min_workers=6", "privacy.secure_aggregation.threshold=0.9"],
            at: "federation.min_workers"),
        AdviceCase(
            "a sum of two", [federated, masked, "privacy.secure_aggregation.fewest_workers=2"],
            at: "privacy.secure_aggregation.fewest_workers"),
        AdviceCase(
            "a threshold of all", [federated, masked, "privacy.secure_aggregation.threshold=1"],
            at: "privacy.secure_aggregation.threshold"),
        AdviceCase(
            "a round that waits for ever", [federated, "federation.round_deadline=null"],
            at: "federation.round_deadline"),
        AdviceCase(
            "settings of another server optimizer", [federated, "federation.server_learning_rate=2"],
            at: "federation.server_learning_rate"),
        AdviceCase(
            "settings of another server optimizer",
            [federated, "federation.server_optimizer=adam", "federation.server_nesterov=true"],
            at: "federation.server_nesterov"),
        AdviceCase(
            "settings of another aggregation", [federated, "federation.norm_bound=2"], at: "federation.norm_bound"),
        AdviceCase(
            "settings of another aggregation",
            [federated, "federation.aggregation=norm_bound", "federation.norm_bound=2", "federation.faulty_workers=2"],
            at: "federation.faulty_workers"),
        AdviceCase(
            "local steps beside epochs", [federated, "federation.local_steps=3", "federation.local_epochs=1"],
            at: "federation.local_steps"),
        AdviceCase("a length that rounds decide", [federated, "training.max_steps=9"], at: "training.max_steps"),
        AdviceCase("a tiny cohort", [federated, noisy, "federation.participation=0.3"], at: "federation.min_workers"),
        AdviceCase(
            "a large epsilon", [federated, noisy, "privacy.differential_privacy.target_epsilon=50"],
            at: "privacy.differential_privacy.target_epsilon"),
        AdviceCase(
            "little noise",
            [
                federated, noisy, "privacy.differential_privacy.target_epsilon=null",
                "privacy.differential_privacy.noise_multiplier=0.3",
            ], at: "privacy.differential_privacy.noise_multiplier"),
        AdviceCase(
            "a large delta", [federated, noisy, "privacy.differential_privacy.delta=0.01"],
            at: "privacy.differential_privacy.delta"),
        AdviceCase(
            "small batches under noise", [federated, noisy, "privacy.differential_privacy.unit=example"],
            at: "training.per_device_train_batch_size"),
    ]
}
