/// How a conversation is written as one text: the frame that a model family's chat format puts around each turn.
public struct ConversationTemplate: Sendable {
    /// The name in `data.template`.
    public let name: String
    /// Whether a folder's chat template (the Jinja source) is of this kind.
    let recognises: @Sendable (_ chatTemplate: String) -> Bool
    /// What the system says, in its frame.
    let system: @Sendable (_ text: String) -> String
    /// A question in its frame, up to where the answer begins.
    let question: @Sendable (_ text: String) -> String
    /// An answer with its end mark: what the model learns to write.
    let answer: @Sendable (_ text: String, _ endOfText: String) -> String
    /// What follows an answer without being learned.
    let separator: String

    /// Writes turns as one text.
    ///
    /// - Parameters:
    ///   - turns: Optionally the system's turn, then questions and answers; the last question may be unanswered.
    ///   - endOfText: The tokenizer's end-of-text token, for templates whose answers end with it.
    public func render(_ turns: [ConversationTurn], endOfText: String) -> RenderedConversation {
        var rendered = RenderedConversation()
        for turn in turns {
            switch turn.role {
            case .system: rendered.append(system(turn.text))
            case .user: rendered.append(question(turn.text))
            case .assistant:
                rendered.appendAnswer(answer(turn.text, endOfText))
                rendered.append(separator)
            }
        }
        return rendered
    }

    /// Writes turns that end with a question as the text that a model is to go on with.
    ///
    /// Spaces at its end are left out: tokenizers join them with the answer's first word.
    public func prompt(_ turns: [ConversationTurn], endOfText: String) -> String {
        var text = render(turns, endOfText: endOfText).text
        while text.last == " " { text.removeLast() }
        return text
    }
}
