import Models

/// The settings that PEFT's LoHa and LoKr share.
struct LycorisSettings {
    /// Settings of adapters that neither has.
    static let absent: Set<String> = ["bias", "trainable_token_indices", "ensure_weight_tying"]
    static let fields: [SettingField] = [
        SettingField(
            "alpha", "a number", default: "8", "LoHa and LoKr: scaling numerator; updates are scaled by alpha / r."),
        SettingField(
            "init_weights", "true, false or text", default: "true", "Initialisation. true starts as the base model."),
        SettingField(
            "rank_dropout", "a number", default: "0.0", "LoHa and LoKr: must be 0; lorad does not support other values."
        ),
        SettingField(
            "module_dropout", "a number", default: "0.0",
            "LoHa and LoKr: must be 0; lorad does not support other values."),
        SettingField(
            "use_effective_conv2d", "true or false", default: "false", "LoHa and LoKr: for convolutions only."),
    ]

    /// `r`, `alpha` and their patterns.
    var ranks: RankSettings
    private var usesEffectiveConvolutions: Bool

    /// - Throws: `AdapterError` naming the key.
    init(_ reader: SettingsReader) throws {
        ranks = try RankSettings(reader, alphaKey: "alpha")
        usesEffectiveConvolutions = try reader.flag("use_effective_conv2d") ?? false
        for key in ["rank_dropout", "module_dropout"] {
            guard let share = try reader.number(key), share != 0 else { continue }
            throw AdapterError(
                .unsupported,
                "\(reader.source): \(key) is \(share): lorad has no such dropout for this method; set it to 0",
                setting: key)
        }
    }

    var settings: [JSONValue.Member] {
        ranks.settings(alphaKey: "alpha") + [
            .init("rank_dropout", .double(0)), .init("module_dropout", .double(0)),
            .init("use_effective_conv2d", .bool(usesEffectiveConvolutions)),
        ]
    }

    func sites(on modules: [ModuleDescription]) throws -> [AdaptedLinear] {
        try zip(modules, try ranks.values(at: modules.map(\.path))).map { module, value in
            try AdaptedLinear(module, rank: value.rank, alpha: value.alpha, isRankStabilised: false, dropout: 0)
        }
    }
}
