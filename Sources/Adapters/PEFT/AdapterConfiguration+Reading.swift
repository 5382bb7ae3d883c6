public import Models

extension AdapterConfiguration {
    /// Where settings come from, which decides how strict reading is.
    public enum Origin: Sendable {
        /// A person wrote them to start training: an unknown key is an error.
        case runFile
        /// PEFT (any version up to 0.21) wrote them with trained weights: an unknown key is reported, and an
        /// initialisation that does not change the base is ignored.
        case savedAdapter
    }

    /// PEFT's way to say that no layer is adapted and only other modules or biases train.
    static let noTargets = "dummy-target-modules"

    /// Reads and validates settings.
    ///
    /// - Parameters:
    ///   - object: PEFT's keys and their values; absent or null values take PEFT's defaults.
    ///   - source: the prefix of error messages, for example a file name.
    ///   - notes: receives one line for each key that was ignored.
    /// - Throws: `AdapterError` naming the key.
    public init(
        object: JSONValue, source: String = "adapter", origin: Origin = .runFile, notes: inout [String]
    ) throws {
        let reader = try SettingsReader(object, source: source)
        self.init()
        method = try AdapterMethods.method(reader, origin: origin, notes: &notes)
        try UnsupportedSetting.check(reader, origin, for: method)
        try checkKeys(reader, origin, notes: &notes)
        try readBias(reader)
        try readSelections(reader)
        try readOrigin(reader)
        try validate(reader)
    }

    /// Reads and validates settings, dropping the notes.
    public init(object: JSONValue, source: String = "adapter", origin: Origin = .runFile) throws {
        var notes: [String] = []
        try self.init(object: object, source: source, origin: origin, notes: &notes)
    }

    private func checkKeys(_ reader: SettingsReader, _ origin: Origin, notes: inout [String]) throws {
        let known = Set(settings.map(\.key))
        for key in reader.members.map(\.key) where !known.contains(key) {
            if origin == .savedAdapter {
                notes.append("\(reader.source): the key \"\(key)\" is unknown to PEFT 0.21 and was ignored")
            } else {
                let owner = AdapterMethods.isSetting(key) ? "the method \(methodName)" : "an adapter"
                throw reader.invalid(
                    key, "is not a setting of \(owner)" + NameSuggestions.question(for: key, among: known))
            }
        }
    }

    private mutating func readBias(_ reader: SettingsReader) throws {
        guard let name = try reader.text("bias") else { return }
        guard let bias = BiasTraining(rawValue: name) else {
            throw reader.invalid("bias", "must be one of none, all, lora_only, found the string \"\(name)\"")
        }
        self.bias = bias
    }

    private mutating func readSelections(_ reader: SettingsReader) throws {
        targetModules = try Self.selection("target_modules", reader)
        if case .pattern(let text) = targetModules {
            if text == Self.noTargets { targetModules = .names([]) }
            if text.lowercased() == "all-linear" { targetModules = .allLinear }
        }
        excludeModules = try Self.selection("exclude_modules", reader)
        modulesToSave = try reader.names("modules_to_save") ?? []
        trainableTokens = try TrainableTokens(reader, "trainable_token_indices")
        ensuresWeightTying = try reader.flag("ensure_weight_tying") ?? false
        layersToTransform = try reader.integers("layers_to_transform") ?? []
        layersPattern = try reader.names("layers_pattern", orOne: true) ?? []
    }

    private mutating func readOrigin(_ reader: SettingsReader) throws {
        baseModel = try reader.text("base_model_name_or_path")
        revision = try reader.text("revision")
        taskType = try reader.text("task_type")
        inferenceMode = try reader.flag("inference_mode") ?? false
        autoMapping = reader.value("auto_mapping")
    }

    /// Names, or a regular expression.
    static func selection(_ key: String, _ reader: SettingsReader) throws -> ModuleSelection? {
        if case .string(let pattern) = reader.value(key) {
            _ = try PythonPattern(pattern, setting: "\(reader.source): \(key)")
            return .pattern(pattern)
        }
        return try reader.names(key, orOne: true).map { .names($0) }
    }
}
