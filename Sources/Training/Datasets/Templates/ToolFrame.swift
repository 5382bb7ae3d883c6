import Models

/// How a template writes the turns of tools and the calls of them.
struct ToolFrame: Sendable {
    /// An answer's text with its calls, from where the answer begins to before its end mark; `nil` if the template has
    /// no calls.
    var calls: (@Sendable (_ text: String, [ToolCall]) -> String)?
    /// Why a turn of a tool, or an answer that calls tools, cannot be written, if so.
    var problem: @Sendable (ConversationTurn) -> String? = { _ in nil }
    /// A tool's turn in its frame.
    let result: @Sendable (Result) -> String

    /// A tool's turn, and whether its neighbours are turns of tools too.
    struct Result {
        let turn: ConversationTurn
        let isFirst: Bool
        let isLast: Bool
    }
}

extension JSONValue {
    /// The value as Jinja's `tojson` writes it in transformers.
    var asToJSON: String { text(isASCII: false) }
}
