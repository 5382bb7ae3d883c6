/// The layers PEFT adapts when `target_modules` is not given, for model types it knows.
///
/// From PEFT's `TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING` (0.21), as far as the decoders lorad runs are
/// concerned. Models of vision and language, LLaVA among them, have no entry there.
enum DefaultTargets {
    static let byModelType: [String: ModuleSelection] = [
        "llama": .names(["q_proj", "v_proj"]),
        "mistral": .names(["q_proj", "v_proj"]),
        "mixtral": .names(["q_proj", "v_proj"]),
        "qwen2": .names(["q_proj", "v_proj"]),
        "qwen3": .names(["q_proj", "v_proj"]),
        "gemma": .names(["q_proj", "v_proj"]),
        "gemma2": .names(["q_proj", "v_proj"]),
        "gemma3_text": .names(["q_proj", "v_proj"]),
        "gemma4": .pattern(#".*language_model\..*\.(q_proj|v_proj)"#),
        "stablelm": .names(["q_proj", "v_proj"]),
        "phi": .names(["q_proj", "v_proj", "fc1", "fc2"]),
        "opt": .names(["q_proj", "v_proj"]),
        "gpt_neo": .names(["q_proj", "v_proj"]),
        "gpt_neox": .names(["query_key_value"]),
    ]

    static func selection(for modelType: String?) throws -> ModuleSelection {
        if let selection = modelType.flatMap({ byModelType[$0] }) { return selection }
        let model = modelType.map { "models of type \"\($0)\"" } ?? "this model"
        throw AdapterError(
            .invalidConfiguration,
            "target_modules is missing, and PEFT has no default for \(model); give a list such as [q_proj, v_proj], a "
                + "regular expression, or all-linear ([] to adapt no layer and only train modules_to_save or biases)",
            setting: "target_modules")
    }
}
