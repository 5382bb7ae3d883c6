import Models

extension InitialWeights {
    /// Initialisations of PEFT that lorad cannot draw, with whether they change the base model's weights too.
    private static let others: [(name: String, changesBase: Bool)] = [
        ("pissa", true), ("olora", true), ("corda", true), ("lora_ga", true), ("loftq", true),
        ("eva", false), ("orthogonal", false), ("mica", false),
    ]

    init(_ reader: SettingsReader, origin: AdapterConfiguration.Origin, notes: inout [String]) throws {
        switch reader.value("init_lora_weights") {
        case nil, .bool(true): self = .standard
        case .bool(false): self = .random
        case .string(let name) where name.lowercased() == "gaussian": self = .gaussian
        case .string(let name): self = try Self.other(name, reader, origin, notes: &notes)
        case .some(let value):
            throw reader.mistyped("init_lora_weights", "true, false or \"gaussian\"", value)
        }
    }

    private static func other(
        _ name: String, _ reader: SettingsReader, _ origin: AdapterConfiguration.Origin, notes: inout [String]
    ) throws -> InitialWeights {
        let key = "init_lora_weights"
        guard let known = others.first(where: { name == $0.name || name.hasPrefix("\($0.name)_niter_") }) else {
            throw reader.invalid(key, "must be true, false or \"gaussian\", found \"\(name)\"")
        }
        if origin == .savedAdapter, !known.changesBase {
            notes.append("\(reader.source): \(key) \"\(name)\" is ignored, because the weights have been trained")
            return .standard
        }
        let advice =
            origin == .savedAdapter
            ? "it also changed the base model's weights; save the adapter from PEFT as plain LoRA "
                + "(save_pretrained with path_initial_model_for_weight_conversion)"
            : "use true or \"gaussian\""
        throw AdapterError(
            .unsupported, "\(reader.source): \(key) \"\(name)\" is not supported: \(advice)", setting: key)
    }
}
