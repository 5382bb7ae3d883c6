extension AdapterConfiguration {
    private static let taskTypes = [
        "SEQ_CLS", "SEQ_2_SEQ_LM", "CAUSAL_LM", "TOKEN_CLS", "QUESTION_ANS", "FEATURE_EXTRACTION",
    ]

    /// Refuses values that PEFT or arithmetic would refuse later.
    func validate(_ reader: SettingsReader) throws {
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
