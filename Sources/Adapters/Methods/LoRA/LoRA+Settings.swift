import Models

extension LoRA {
    static let fields: [SettingField] = [
        SettingField("r", "a whole number", default: "8", "Rank of the adapter."),
        SettingField(
            "lora_alpha", "a number", default: "8", "Scaling numerator: updates are scaled by lora_alpha / r."),
        SettingField("lora_dropout", "a number", default: "0.0", "Dropout probability on the adapter's input."),
        SettingField("rank_pattern", "a mapping", "Ranks for single modules, by name or regular expression."),
        SettingField("alpha_pattern", "a mapping", "lora_alpha for single modules, by name or regular expression."),
        SettingField("bias", "text", default: "none", "Biases to train: none, all or lora_only."),
        SettingField("lora_bias", "true or false", default: "false", "Add a trainable bias to B."),
        SettingField(
            "use_rslora", "true or false", default: "false", "Scale by lora_alpha / sqrt(r) (rank-stabilised LoRA)."),
        SettingField(
            "use_dora", "true or false", default: "false", "Train magnitudes and directions separately (DoRA)."),
        SettingField("init_lora_weights", "true, false or text", default: "true", "Initialisation of A and B."),
        SettingField(
            "fan_in_fan_out", "true or false", default: "false", "The base stores these weights as [in, out]."),
        SettingField("loftq_config", "a mapping", "Settings of LoftQ initialisation."),
        SettingField("eva_config", "a mapping", "Settings of EVA initialisation."),
        SettingField("corda_config", "a mapping", "Settings of CorDA initialisation."),
        SettingField("lora_ga_config", "a mapping", "Settings of LoRA-GA initialisation."),
        SettingField("alora_invocation_tokens", "a list", "Token ids that activate an aLoRA adapter."),
    ]

    init(_ reader: SettingsReader, origin: AdapterConfiguration.Origin, notes: inout [String]) throws {
        factors = try RankSettings(reader, alphaKey: "lora_alpha")
        dropout = try reader.number("lora_dropout") ?? dropout
        usesRankStabilisation = try reader.flag("use_rslora") ?? false
        fanInFanOut = try reader.flag("fan_in_fan_out") ?? false
        initialWeights = try InitialWeights(reader, origin: origin, notes: &notes)
        guard dropout >= 0, dropout < 1 else {
            throw reader.invalid("lora_dropout", "must be at least 0 and below 1, found \(dropout)")
        }
    }

    var settings: [JSONValue.Member] {
        factors.settings(alphaKey: "lora_alpha") + [
            .init("lora_dropout", .double(dropout)),
            .init("use_rslora", .bool(usesRankStabilisation)),
            .init("fan_in_fan_out", .bool(fanInFanOut)),
            .init("init_lora_weights", initialWeights.setting),
        ]
    }
}

extension InitialWeights {
    fileprivate var setting: JSONValue {
        switch self {
        case .standard: .bool(true)
        case .random: .bool(false)
        case .gaussian: .string("gaussian")
        }
    }
}
