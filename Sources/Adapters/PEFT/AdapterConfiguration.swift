public import Models

/// What PEFT's configurations say about an adapter: the `adapter:` section of a run file, or an `adapter_config.json`.
///
/// Names and meanings are PEFT's (0.21). A value of this type has been validated.
public struct AdapterConfiguration: Sendable, Equatable {
    /// The adapter method, with the settings that are its own.
    var method: any AdapterMethod = LoRA()
    /// `target_modules`; `nil` takes PEFT's default for the model type.
    public var targetModules: ModuleSelection?
    /// `exclude_modules`: never adapted, even if targeted.
    public var excludeModules: ModuleSelection?
    /// `bias`.
    public var bias: BiasTraining = .none
    /// `modules_to_save`: ends of the paths of modules that train in full and are saved whole.
    public var modulesToSave: [String] = []
    /// `trainable_token_indices`: rows of embeddings that train by themselves; `nil` for none.
    public var trainableTokens: TrainableTokens?
    /// `ensure_weight_tying`: tied embeddings train as one, whether whole or in rows.
    public var ensuresWeightTying = false
    /// `layers_to_transform`: layer indices that `targetModules` is restricted to; empty means all.
    public var layersToTransform: [Int] = []
    /// `layers_pattern`: names of the list that those indices count in; empty means any.
    public var layersPattern: [String] = []
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

    /// PEFT's defaults.
    public init() {}

    /// Ranks and alphas, if the method has them. Otherwise setting them has no effect.
    public var ranks: RankSettings? {
        get { method.ranks }
        set { method.ranks = newValue }
    }

    /// PEFT's name of the method.
    public var peftType: String { type(of: method).peftType }

    /// What people call the method: `lora`.
    public var methodName: String { type(of: method).name }

    /// The same with other ranks and a scale of 1; `nil` if the method's tensors are not factors of a sum.
    ///
    /// - Parameter ranks: ranks by module path.
    public func withUnitScale(ranks: [(path: String, rank: Int)]) -> AdapterConfiguration? {
        guard let method = method.withUnitScale(ranks: ranks) else { return nil }
        var result = self
        result.method = method
        return result
    }

    /// Whether two say the same.
    public static func == (a: AdapterConfiguration, b: AdapterConfiguration) -> Bool {
        a.settings == b.settings && a.inferenceMode == b.inferenceMode
    }
}
