import Foundation
import Models

@testable import Adapters

/// Reads a configuration from JSON as it would stand in a run file.
func configuration(_ json: String) throws -> LoRAConfiguration {
    try LoRAConfiguration(object: JSONValue(parsing: Data(json.utf8), file: "test"))
}

/// Matches a configuration against the small LLaVA with a Llama decoder.
func plan(_ json: String) throws -> AdapterPlan {
    try AdapterPlan(
        configuration: configuration(json), modules: Golden.shared.modules("llava-llama"), modelType: "llava")
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
