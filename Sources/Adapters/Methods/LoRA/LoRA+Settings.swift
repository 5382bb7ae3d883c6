import Models

extension LoRA {
    static let fields: [SettingField] = [
        SettingField("r", "a whole number", default: "8", "The rank."),
        SettingField("lora_alpha", "a number", default: "8", "The scale, divided by the rank."),
        SettingField("lora_dropout", "a number", default: "0.0", "The share of adapter inputs that is dropped."),
        SettingField("rank_pattern", "a mapping", "Ranks by module."),
        SettingField("alpha_pattern", "a mapping", "Scales by module."),
        SettingField("bias", "text", default: "none", "Which biases are trained: none, all or lora_only."),
        SettingField("lora_bias", "true or false", default: "false", "Whether B has a bias."),
        SettingField("use_rslora", "true or false", default: "false", "Divide the scale by the root of the rank."),
        SettingField("use_dora", "true or false", default: "false", "Train magnitudes apart from directions."),
        SettingField("init_lora_weights", "true, false or text", default: "true", "How A and B begin."),
        SettingField("fan_in_fan_out", "true or false", default: "false", "Whether weights are stored transposed."),
        SettingField("loftq_config", "a mapping", "Settings of the LoftQ initialisation."),
        SettingField("eva_config", "a mapping", "Settings of the EVA initialisation."),
        SettingField("corda_config", "a mapping", "Settings of the CorDA initialisation."),
        SettingField("lora_ga_config", "a mapping", "Settings of the LoRA-GA initialisation."),
        SettingField("alora_invocation_tokens", "a list", "Tokens that switch an activated LoRA on."),
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
