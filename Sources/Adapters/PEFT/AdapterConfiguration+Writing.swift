public import Foundation
import Models

extension AdapterConfiguration {
    /// The version of PEFT whose keys are written.
    static let peftVersion = "0.21.2"

    /// The contents of `adapter_config.json`, as PEFT's `save_pretrained` writes it: every key, sorted, indented by 2.
    ///
    /// Two things differ on purpose: names keep their order (Python's sets have none), and the patterns keep theirs,
    /// because the first that matches wins and PEFT's own sorting can change which one that is.
    public func fileContents() -> Data {
        let members = settings.sorted { $0.key < $1.key }
        return Data(JSONValue.object(members).text(indent: 2).utf8)
    }

    /// All of PEFT's settings with their values, in no particular order.
    var settings: [JSONValue.Member] {
        let own = method.settings + UnsupportedSetting.all(for: method).map { .init($0.key, $0.off) }
        let shared = [.init("bias", .string(bias.rawValue))] + selectionSettings
        let absent = type(of: method).absentSettings
        return [.init("peft_type", .string(peftType))] + own + shared.filter { !absent.contains($0.key) }
            + originSettings
    }

    private var selectionSettings: [JSONValue.Member] {
        let noTargets = targetModules == .names([])
        return [
            .init("target_modules", noTargets ? .string(Self.noTargets) : targetModules?.setting ?? .null),
            .init("exclude_modules", excludeModules?.setting ?? .null),
            .init("modules_to_save", .list(modulesToSave.map { .string($0) })),
            .init("trainable_token_indices", trainableTokens?.setting ?? .null),
            .init("ensure_weight_tying", .bool(ensuresWeightTying)),
            .init("layers_to_transform", .list(layersToTransform.map { .int($0) })),
            .init("layers_pattern", .list(layersPattern.map { .string($0) })),
        ]
    }

    private var originSettings: [JSONValue.Member] {
        [
            .init("auto_mapping", autoMapping ?? .null),
            .init("base_model_name_or_path", baseModel.map { .string($0) } ?? .null),
            .init("revision", revision.map { .string($0) } ?? .null),
            .init("task_type", taskType.map { .string($0) } ?? .null),
            // PEFT sets it for every adapter that it saves; loading for training resets it.
            .init("inference_mode", .bool(true)),
            .init("peft_version", .string(Self.peftVersion)),
        ]
    }
}

extension JSONValue {
    /// Null instead of an empty list, as PEFT writes what was not given.
    fileprivate static func list(_ values: [JSONValue]) -> JSONValue { values.isEmpty ? .null : .array(values) }
}

extension ModuleSelection {
    /// As PEFT writes it.
    var setting: JSONValue {
        switch self {
        case .names(let names): .array(names.map { .string($0) })
        case .pattern(let pattern): .string(pattern)
        case .allLinear: .string("all-linear")
        }
    }
}
