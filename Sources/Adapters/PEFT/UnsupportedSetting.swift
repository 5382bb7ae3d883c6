import Models

/// A setting that PEFT knows and lorad does not do: refused only when its value would change the result.
struct UnsupportedSetting {
    let key: String
    /// What PEFT writes when the setting is off.
    let off: JSONValue
    /// What to do instead.
    let advice: String
    /// Whether every value is harmless by itself, because another setting has to ask for it.
    var isHarmless = false
    /// What to do instead with an adapter that was trained with it; `nil` if `advice` holds for it too.
    var savedAdvice: String? = UnsupportedSetting.merge

    private static let plain = "remove it to train plain LoRA"
    /// What to do with an adapter that only PEFT applies in full.
    static let merge = "merge the adapter into its base with PEFT (merge_and_unload) and use that model"
    private static let onlyPEFT = "only PEFT can use this adapter"

    static let all: [UnsupportedSetting] = [
        .init(key: "use_dora", off: .bool(false), advice: "set it to false to train plain LoRA"),
        .init(key: "use_qalora", off: .bool(false), advice: "set it to false; it needs a GPTQ base"),
        .init(key: "lora_bias", off: .bool(false), advice: "set it to false, and bias: lora_only to train base biases"),
        .init(key: "target_parameters", off: .null, advice: "name modules in target_modules"),
        .init(key: "layer_replication", off: .null, advice: "replicate the layers in the base model first"),
        .init(key: "alora_invocation_tokens", off: .null, advice: plain, savedAdvice: onlyPEFT),
        .init(
            key: "megatron_config", off: .null, advice: "remove it; the base is not a Megatron model", savedAdvice: nil),
        .init(key: "velora_config", off: .null, advice: plain),
        .init(key: "monteclora_config", off: .null, advice: plain),
        .init(key: "kasa_config", off: .null, advice: plain),
        .init(key: "use_bdlora", off: .null, advice: plain),
        .init(key: "arrow_config", off: .null, advice: plain, savedAdvice: onlyPEFT),
        // The next ones parametrise what init_lora_weights or another setting asks for.
        .init(key: "loftq_config", off: .object([]), advice: "", isHarmless: true),
        .init(key: "eva_config", off: .null, advice: "", isHarmless: true),
        .init(key: "corda_config", off: .null, advice: "", isHarmless: true),
        .init(key: "lora_ga_config", off: .null, advice: "", isHarmless: true),
        .init(key: "megatron_core", off: .string("megatron.core"), advice: "", isHarmless: true),
        .init(key: "qalora_group_size", off: .int(16), advice: "", isHarmless: true),
    ]

    /// Those of a method: the settings of LoRA that the method does not read itself, and none for methods of other types.
    static func all(for method: any AdapterMethod) -> [UnsupportedSetting] {
        guard type(of: method).peftType == LoRA.peftType else { return [] }
        let own = Set(method.settings.map(\.key))
        return all.filter { !own.contains($0.key) }
    }

    static func check(
        _ reader: SettingsReader, _ origin: AdapterConfiguration.Origin, for method: any AdapterMethod
    ) throws {
        for setting in all(for: method) where !setting.isHarmless {
            guard let value = reader.value(setting.key), !setting.isOff(value) else { continue }
            let saved = origin == .savedAdapter ? setting.savedAdvice : nil
            throw AdapterError(
                .unsupported,
                "\(reader.source): \(setting.key) is set to \(value.summary), which lorad does not support; "
                    + (saved ?? setting.advice), setting: setting.key)
        }
    }

    /// What a key of an adapter file holds where one of these settings was on as it was trained, whatever
    /// `adapter_config.json` says now.
    static func trace(in key: String) -> String? {
        let key = key.replacing(".default", with: "")
        if key.contains(".lora_magnitude_vector") { return "a magnitude of DoRA (use_dora)" }
        if key.hasSuffix(".lora_B.bias") { return "a bias of B (lora_bias)" }
        return key.contains(".token_adapter.") ? "rows of tokens that trainable_token_indices does not name" : nil
    }

    /// False, and empty lists and mappings, switch a setting off as well as its default does.
    private func isOff(_ value: JSONValue) -> Bool {
        value == off || [.bool(false), .array([]), .object([])].contains(value)
    }
}
