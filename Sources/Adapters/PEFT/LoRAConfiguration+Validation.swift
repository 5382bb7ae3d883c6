extension LoRAConfiguration {
    /// The largest rank that is taken for one: more than any layer's width, and sizes made of it stay countable.
    static let largestRank = 65_536

    private static let taskTypes = [
        "SEQ_CLS", "SEQ_2_SEQ_LM", "CAUSAL_LM", "TOKEN_CLS", "QUESTION_ANS", "FEATURE_EXTRACTION",
    ]

    /// Refuses values that PEFT or arithmetic would refuse later.
    func validate(_ reader: SettingsReader) throws {
        try validateNumbers(reader)
        try validateLayers(reader)
        if let taskType, !Self.taskTypes.contains(taskType) {
            throw reader.invalid(
                "task_type", "must be one of \(Self.taskTypes.joined(separator: ", ")), found \"\(taskType)\"")
        }
        if targetModules == .names([]), modulesToSave.isEmpty, bias != .all, trainableTokens == nil {
            throw AdapterError(
                .nothingMatched,
                "\(reader.source): this configuration would train nothing; name layers in target_modules, modules in "
                    + "modules_to_save, tokens in trainable_token_indices, or set bias: all", setting: "target_modules")
        }
        for name in modulesToSave + layersPattern {
            _ = try PythonPattern(name, setting: "\(reader.source): modules_to_save or layers_pattern")
        }
    }

    private func validateNumbers(_ reader: SettingsReader) throws {
        let ranks = [("r", rank)] + rankPattern.map { ("rank_pattern.\($0.pattern)", $0.value) }
        for (key, rank) in ranks where rank <= 0 {
            throw reader.invalid(key, "must be at least 1, found \(rank)")
        }
        for (key, rank) in ranks where rank > Self.largestRank {
            throw reader.invalid(key, "must be at most \(Self.largestRank), found \(rank)")
        }
        let alphas = [("lora_alpha", alpha)] + alphaPattern.map { ("alpha_pattern.\($0.pattern)", $0.value) }
        for (key, alpha) in alphas where alpha == 0 || !alpha.isFinite {
            throw reader.invalid(key, "must be finite and not 0, found \(alpha): the adapter would have no effect")
        }
        guard dropout >= 0, dropout < 1 else {
            throw reader.invalid("lora_dropout", "must be at least 0 and below 1, found \(dropout)")
        }
    }

    private func validateLayers(_ reader: SettingsReader) throws {
        let key = layersPattern.isEmpty ? "layers_to_transform" : "layers_pattern"
        guard !layersToTransform.isEmpty || !layersPattern.isEmpty else { return }
        switch targetModules {
        case .pattern, .allLinear:
            throw reader.invalid(
                key,
                "cannot be combined with target_modules as a regular expression or all-linear; "
                    + "write the layers into the expression, or target_modules as a list")
        case .names([]):
            throw reader.invalid(key, "has no effect without target_modules")
        case .names, nil: break
        }
        if layersToTransform.isEmpty {
            throw reader.invalid("layers_pattern", "needs layers_to_transform as well")
        }
    }
}
