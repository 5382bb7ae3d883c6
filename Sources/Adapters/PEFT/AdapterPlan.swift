public import Models

/// What a configuration means for one model: which layers are adapted and how, and everything else that trains.
public struct AdapterPlan: Sendable, Equatable {
    /// The configuration with `target_modules` resolved, as PEFT would save it.
    public let configuration: AdapterConfiguration
    /// The adapted layers, in the order of the modules.
    public let linears: [AdaptedLinear]
    /// Paths of the modules that train in full; nothing inside them is adapted. An output embedding that is tied to one
    /// of them is omitted, because it has no own tensor.
    public let savedModules: [String]
    /// Paths of the modules outside `savedModules` whose bias trains.
    public let trainedBiases: [String]
    /// Embeddings in which only some rows train.
    public let trainedRows: [TrainedRows]
    /// Every trainable tensor, by module: exactly the content of an adapter file.
    public let parameters: [AdapterParameter]
    /// What looks unintended: names and patterns that match nothing.
    public let warnings: [String]

    private let linearsByPath: [String: AdaptedLinear]
    private let savedPaths: Set<String>

    /// Matches a configuration against a model.
    ///
    /// - Parameters:
    ///   - configuration: a validated configuration.
    ///   - modules: every module of the model in the order of construction, including containers but not the root.
    ///   - modelType: `model_type` of the model's configuration, for PEFT's default targets.
    ///   - temperature: the name of a parameter outside of all modules that trains too; nil trains none.
    /// - Throws: `AdapterError` if a target cannot be adapted, targets and saved modules contradict each other, or
    ///   nothing would train.
    public init(
        configuration: AdapterConfiguration, modules: [ModuleDescription], modelType: String? = nil,
        temperature: String? = nil
    ) throws {
        var builder = AdapterPlanBuilder(configuration, modules, modelType)
        try builder.build()
        self.configuration = builder.configuration
        linears = builder.linears
        savedModules = builder.saved
        trainedBiases = builder.biases
        trainedRows = builder.rows
        parameters = builder.parameters + [temperature.map(AdapterParameter.temperature)].compactMap(\.self)
        warnings = builder.warnings
        linearsByPath = Dictionary(uniqueKeysWithValues: linears.map { ($0.path, $0) })
        savedPaths = Set(savedModules + [builder.tiedHead].compactMap(\.self))
    }

    /// The adapter of the layer at `path`, if it has one.
    public func linear(at path: String) -> AdaptedLinear? { linearsByPath[path] }

    /// The rows that train of the embedding, or tied output embedding, at `path`, if there are any.
    public func trainedRows(at path: String) -> TrainedRows? {
        trainedRows.first { $0.module == path || $0.followers.contains(path) }
    }

    /// Whether the module at `path` trains in full: it is a saved module, is inside one, or is tied to one.
    public func isSaved(_ path: String) -> Bool {
        ModulePath.selfAndAncestors(path).contains { savedPaths.contains($0) }
    }

    /// Whether an output embedding trains as one tensor with the saved input embedding (`ensure_weight_tying`).
    public var tiesSavedEmbeddings: Bool { parameters.contains { !$0.tiedPaths.isEmpty } }

    /// How many numbers train.
    public var trainableCount: Int { parameters.reduce(0) { $0 + $1.shape.reduce(1, *) } }
}
