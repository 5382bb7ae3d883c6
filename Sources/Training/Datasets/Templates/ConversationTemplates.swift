/// The conversation templates that there are; the first that recognises a folder's chat template is taken for it.
public enum ConversationTemplates {
    /// Every template.
    public static let all: [ConversationTemplate] = [
        .chatML, .llama3, .gemma, .llama2, .mistral, .mistral3, .smolVLM, .vicuna, .plain,
    ]

    /// The name in `data.template` that lets the model's folder decide.
    public static let automatic = "auto"

    /// The names that `data.template` may have.
    public static var names: [String] { [automatic] + all.map(\.name) }

    /// The template of a name.
    ///
    /// - Throws: `TrainingError` if there is none.
    public static func named(_ name: String) throws -> ConversationTemplate {
        if let template = all.first(where: { $0.name == name }) { return template }
        let nearest = NearestName.of(name, among: names).map { "; did you mean `\($0)`?" } ?? ""
        throw TrainingError(
            .unsupported,
            "there is no conversation template `\(name)`: expected one of \(names.joined(separator: ", "))\(nearest)")
    }
}
