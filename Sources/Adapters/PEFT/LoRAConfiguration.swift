public import Models

/// What PEFT's `LoraConfig` says about a LoRA adapter: the `adapter:` section of a run file, or an
/// `adapter_config.json`.
///
/// Names and meanings are PEFT's (0.21). A value of this type has been validated.
public struct LoRAConfiguration: Sendable, Equatable {
    /// `r`: columns of B and rows of A, unless `rankPattern` says otherwise.
    public var rank: Int = 8
    /// `lora_alpha`: the adapter's output is scaled by α/r, or α/√r with `usesRankStabilisation`.
    public var alpha: Double = 8
    /// `lora_dropout`: probability with which an input of A is dropped in training.
    public var dropout: Double = 0
    /// `target_modules`; nil takes PEFT's default for the model type.
    public var targetModules: ModuleSelection?
    /// `exclude_modules`: never adapted, even if targeted.
    public var excludeModules: ModuleSelection?
    /// `bias`.
    public var bias: BiasTraining = .none
    /// `use_rslora` (arXiv:2312.03732).
    public var usesRankStabilisation = false
    /// `modules_to_save`: ends of the paths of modules that train in full and are saved whole.
    public var modulesToSave: [String] = []
    /// `trainable_token_indices`: rows of embeddings that train by themselves; `nil` for none.
    public var trainableTokens: TrainableTokens?
    /// `ensure_weight_tying`: tied embeddings train as one, whether whole or in rows.
    public var ensuresWeightTying = false
    /// `init_lora_weights`.
    public var initialWeights: InitialWeights = .standard
    /// `layers_to_transform`: layer indices that `targetModules` is restricted to; empty means all.
    public var layersToTransform: [Int] = []
    /// `layers_pattern`: names of the list that those indices count in; empty means any.
    public var layersPattern: [String] = []
    /// `rank_pattern`: ranks by regular expression; the first that matches wins.
    public var rankPattern: [PatternEntry<Int>] = []
    /// `alpha_pattern`: alphas by regular expression; the first that matches wins.
    public var alphaPattern: [PatternEntry<Double>] = []
    /// `fan_in_fan_out`: without effect on linear layers; kept as read.
    public var fanInFanOut = false
    /// `base_model_name_or_path`.
    public var baseModel: String?
    /// `revision` of the base model.
    public var revision: String?
    /// `task_type`.
    public var taskType: String?
    /// `inference_mode`: always true in PEFT's files, so it does not stop training here.
    public var inferenceMode = false
    /// `auto_mapping`: the Python class of the base model, for PEFT's loader; kept as read.
    public var autoMapping: JSONValue?

    /// A regular expression on the end of a module path, and the value that holds where it matches.
    public struct PatternEntry<Value: Sendable & Equatable>: Sendable, Equatable {
        /// Matches as `(.*\.)?(pattern)$`.
        public let pattern: String
        /// The rank or alpha.
        public let value: Value

        /// Creates an entry.
        public init(_ pattern: String, _ value: Value) {
            self.pattern = pattern
            self.value = value
        }
    }

    /// PEFT's defaults.
    public init() {}
}
