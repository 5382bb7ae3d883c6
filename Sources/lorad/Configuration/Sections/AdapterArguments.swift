import Adapters
import Models

/// The `adapter` section: PEFT's names, handed on as they are to the adapter method, which checks the values; and targets
/// and ranks by parts of the model, which become PEFT's patterns.
struct AdapterArguments: JSONSection {
    /// The keys that are given; mappings under them, such as `rank_pattern`, keep their order.
    var tree: [String: JSONValue] = [:]

    /// The keys that are given as one object, in the order in which they are documented.
    var object: JSONValue {
        .object(
            Self.fields.compactMap { field in
                guard !Self.partFields.contains(where: { $0.name == field.name }) else { return nil }
                return tree[field.name].map { JSONValue.Member(field.name, $0) }
            })
    }

    /// Targets, ranks and alphas by parts of the model.
    ///
    /// - Throws: `AdapterError` naming the key.
    var partTargets: PartTargets {
        get throws { try PartTargets(targets: tree["targets"], ranks: tree["ranks"], alphas: tree["alphas"]) }
    }

    static let fields: [Field<Self>] =
        [
            Field(
                json: "path", "text", "PEFT folder to start from. No other key of this section may be given.", .folder),
            Field(json: "peft_type", "text", default: "LORA", "The adapter method."),
        ] + partFields + targetFields + methodFields + provenanceFields

    private static let partFields: [Field<Self>] = [
        Field(
            json: "targets", "text or a list",
            "Parts of the model whose linear layers get adapters: vision, language, connector, cross_attention, or both (vision and language)."
        ),
        Field(json: "ranks", "a mapping", "Rank for each part, such as {vision: 32, language: 16}."),
        Field(json: "alphas", "a mapping", "lora_alpha for each part."),
    ]

    private static let targetFields: [Field<Self>] = [
        Field(json: "target_modules", "a list or a regular expression", "Modules that get adapters, or all-linear."),
        Field(json: "exclude_modules", "a list or a regular expression", "Modules that do not get adapters."),
        Field(json: "target_parameters", "a list", "Names of single parameters that get adapters."),
        Field(json: "layers_to_transform", "a number or a list", "Indices of the layers whose modules get adapters."),
        Field(json: "layers_pattern", "text or a list", "Name of the layer list in module paths."),
        Field(json: "layer_replication", "a list of pairs", "Layers to repeat, as half-open ranges."),
        Field(json: "modules_to_save", "a list", "Modules to train and save in full, besides the adapters."),
        Field(
            json: "trainable_token_indices", "a list or a mapping",
            "Ids of tokens whose rows of the input embedding train, and of a tied output embedding with it; or a mapping from "
                + "modules (embed_tokens, lm_head) to such lists."),
        Field(
            json: "ensure_weight_tying", "true or false", default: "false",
            "Train tied embeddings as one: with embed_tokens or lm_head in modules_to_save, a single copy serves both; different "
                + "trainable tokens for the two, and lm_head in target_modules, are refused."),
    ]

    private static let methodFields: [Field<Self>] = AdapterMethods.fields.map {
        Field(json: $0.key, $0.kind, default: $0.standard, $0.help)
    }

    private static let provenanceFields: [Field<Self>] = [
        Field(json: "task_type", "text", "Task type, as PEFT names it."),
        Field(json: "base_model_name_or_path", "text", "Name of the base model to record in the adapter."),
        Field(json: "revision", "text", "Revision of the base model to record in the adapter."),
        Field(json: "inference_mode", "true or false", "Written by PEFT. Has no effect on training."),
        Field(json: "auto_mapping", "a mapping", "Written by PEFT. Has no effect on training."),
        Field(json: "peft_version", "text", "Written by PEFT. Has no effect on training."),
    ]

    static let rules: [SectionRule<Self>] =
        partRules + [
            SectionRule(key: "path") { section in
                guard let path = section.tree["path"] else { return nil }
                if path.stringValue == nil { return "expected text: the path of a PEFT folder" }
                let others = section.tree.keys.filter { $0 != "path" }.sorted()
                return others.isEmpty
                    ? nil
                    : "the adapter in that folder has its own configuration: leave out \(others.joined(separator: ", "))"
            }
        ]

    private static let partRules = partFields.map { field in
        SectionRule<Self>(key: field.name) { section in
            guard section.tree[field.name] != nil else { return nil }
            if let other = overruled[field.name], section.tree[other] != nil {
                return "says what \(other) says too: give one of them"
            }
            do {
                _ = try section.partTargets
                return nil
            } catch {
                guard let error = error as? AdapterError, error.setting == field.name else { return nil }
                return error.message
            }
        }
    }

    private static let overruled = ["targets": "target_modules", "ranks": "rank_pattern", "alphas": "alpha_pattern"]
}
