import Foundation
import Models

@testable import Adapters

/// Reads a configuration from JSON as it would stand in a run file.
func configuration(_ json: String) throws -> AdapterConfiguration {
    try AdapterConfiguration(object: JSONValue(parsing: Data(json.utf8), file: "test"))
}

/// Matches a configuration against the small LLaVA with a Llama decoder.
func plan(_ json: String) throws -> AdapterPlan {
    try AdapterPlan(
        configuration: configuration(json), modules: Golden.shared.modules("llava-llama"), modelType: "llava")
}

/// A linear layer with an adapter of some rank.
func adaptedLinear(_ path: String, outputs: Int, inputs: Int, rank: Int) throws -> AdaptedLinear {
    let module = ModuleDescription(
        path: path, kind: .linear, parameters: [.init("weight", [outputs, inputs])])
    return try AdaptedLinear(module, rank: rank, alpha: 8, isRankStabilised: false, dropout: 0)
}

/// The message of the error that `body` throws, or an empty string.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return ""
    } catch {
        return "\(error)"
    }
}

extension AdapterConfiguration {
    /// The settings of LoRA.
    var lora: LoRA {
        get { method as? LoRA ?? LoRA() }
        set { method = newValue }
    }
}
