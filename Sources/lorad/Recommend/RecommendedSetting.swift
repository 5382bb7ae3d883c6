import Foundation
import Models

/// A key of a run file, its value, and why that value.
struct RecommendedSetting: Equatable, Sendable {
    /// The dotted key.
    let key: String
    /// The value as YAML.
    let value: String
    /// The reason; may be empty.
    let reason: String
    /// The paper, script or documentation that says so.
    let source: String?

    init(_ key: String, _ value: String, _ reason: String = "", _ source: String? = nil) {
        (self.key, self.value, self.reason, self.source) = (key, value, reason, source)
    }

    /// A value that is a path or another text.
    ///
    /// - Throws: where YAML cannot hold the text.
    init(_ key: String, text: String, _ reason: String = "") throws {
        self.init(key, try text.node.yaml().trimmingCharacters(in: .whitespacesAndNewlines), reason)
    }

    /// Why, and who says so.
    var explanation: String {
        let sentence = reason.prefix(1).uppercased() + reason.dropFirst()
        return source.map { "\(sentence) (\($0))" } ?? sentence
    }

    var json: JSONValue {
        .object([
            .init("key", .string(key)), .init("value", .string(value)), .init("reason", .string(reason)),
            .init("source", source.json),
        ])
    }
}

/// Who says what is recommended.
enum RecipeSource {
    static let lora = "LoRA, arXiv:2106.09685"
    static let qlora = "QLoRA, arXiv:2305.14314"
    static let llava = "LLaVA-1.5's finetune_lora.sh: r 128, alpha 256, 2e-4, one epoch of 665 thousand rows"
    static let lessForgetting = "LoRA Learns Less and Forgets Less, arXiv:2405.09673"
    static let llavaMed = "LLaVA-Med, arXiv:2306.00890"
    static let geoChat = "GeoChat, arXiv:2311.15826"
    static let clipLoRA = "CLIP-LoRA, arXiv:2405.18541"
    static let clip = "CLIP, arXiv:2103.00020"
}
