public import Foundation
import Tensors

/// Reasons why other programs cannot load an adapter unchanged.
public enum AdapterPortability {
    /// The lines of ``notices(_:keys:)`` for an adapter folder.
    ///
    /// - Throws: `AdapterError` or `TensorError` if it cannot be read.
    public static func notices(inFolder folder: URL) throws -> [String] {
        let configuration = try AdapterFolder.configuration(in: folder).configuration
        let keys = try SafetensorsFile(path: AdapterFolder.weights(in: folder).path).names
        return notices(configuration, keys: keys)
    }

    /// A line for each thing that keeps another program from loading an adapter.
    ///
    /// vLLM refuses `modules_to_save` and tensors other than LoRA factors, and scales every module by `lora_alpha` and `r`
    /// alone (`vllm/lora/peft_helper.py`).
    ///
    /// - Parameter keys: the names in the weights file.
    public static func notices(_ configuration: AdapterConfiguration, keys: [String]) -> [String] {
        let merging = "merge it with `lorad merge` into a model that vLLM serves"
        var notices: [String] = []
        if !configuration.modulesToSave.isEmpty {
            let modules = configuration.modulesToSave.joined(separator: ", ")
            notices.append("vLLM does not load adapters with modules_to_save (\(modules)): \(merging)")
        }
        if configuration.bias != .none {
            notices.append(
                "vLLM does not load adapters with trained biases (bias: \(configuration.bias.rawValue)): \(merging)")
        }
        let patterns = [
            configuration.ranks?.rankPattern.isEmpty != false ? nil : "rank_pattern",
            configuration.ranks?.alphaPattern.isEmpty != false ? nil : "alpha_pattern",
        ].compactMap(\.self)
        if !patterns.isEmpty {
            notices.append(
                "vLLM does not read \(patterns.joined(separator: " and ")) and scales every module by lora_alpha and r: "
                    + merging)
        }
        return notices + dialect(of: keys)
    }

    private static func dialect(of keys: [String]) -> [String] {
        let prefix = AdapterParameter.keyPrefix
        let found = keys.lazy.filter { $0.hasPrefix(prefix) }
            .compactMap { KeyDialect.of(String($0.dropFirst(prefix.count))) }.first
        guard let found else { return [] }
        let other: KeyDialect = found == .v4 ? .v5 : .v4
        return [
            "the names are those of \(found.versions): for \(other.versions), convert it with "
                + "`lorad convert --keys \(other.rawValue)`"
        ]
    }
}
