/// How a conversation is written as one text: the frame that a model family's chat format puts around each turn.
public struct ConversationTemplate: Sendable {
    /// A question, and what its frame may depend on.
    struct Question {
        let text: String
        /// What the system says; only in the question that it is written with.
        let system: String?
        /// Whether it is the first one.
        let isFirst: Bool
        let marks: TextMarks
    }

    /// Which turns may follow each other.
    enum Order: Sendable {
        /// A question and its answer in turn, and nothing else.
        case alternating
        /// Several turns of one side in an example, too.
        case any
    }

    /// The name in `data.template`.
    public let name: String
    /// Whether a text begins with the beginning-of-text token. Tokenizers put it there, and `render` does not.
    public let beginsWithMark: Bool
    /// Whether a folder's chat template (the Jinja source) is of this kind.
    let recognises: @Sendable (_ chatTemplate: String) -> Bool
    /// A question in its frame.
    let question: @Sendable (Question) -> String
    /// What stands before an answer without being learned.
    var opening = ""
    /// An answer with its end mark: what the model learns to write.
    let answer: @Sendable (_ text: String, TextMarks) -> String
    /// What follows an answer without being learned.
    let separator: String
    /// Which turns may follow each other.
    var order = Order.any
    /// Whether the system's text is written with the last question instead of the first.
    var systemIsLast = false
    /// Whether there may be a turn of the system.
    var takesSystem = true
    /// How turns of tools are written; `nil` if they cannot be.
    var tools: ToolFrame?
    /// The marks of the frame that are single tokens of the models that it is for.
    var tokens: [String] = []
    /// What a folder's chat template has right before the text of a system's turn.
    var systemPrefix: String?
    /// The text of a turn as it is written around its `<image>` markers; as it stands in the example unless set.
    var imagePlaces: (@Sendable (ConversationTurn) -> String)?
    /// The template as a folder's chat template of this kind has it; `nil` if all of them are alike.
    var variant: (@Sendable (_ chatTemplate: String) -> ConversationTemplate)?

    /// Writes turns as one text, without the token that begins every text.
    ///
    /// - Parameters:
    ///   - turns: Optionally the system's turn, then questions and answers; the last question may be unanswered. Turns that
    ///     the template cannot write (`reason(against:name:)`) are written as if they stood in no frame.
    ///   - marks: The tokenizer's marks, for templates that use them.
    public func render(_ turns: [ConversationTurn], marks: TextMarks) -> RenderedConversation {
        var rendered = RenderedConversation()
        var system: String?
        let lastQuestion = turns.lastIndex { $0.role == .user }
        for (index, turn) in turns.enumerated() {
            switch turn.role {
            case .system: system = turn.text
            case .user:
                let takesSystem = !systemIsLast || index == lastQuestion
                let isFirst = rendered.text.isEmpty
                rendered.append(
                    question(
                        Question(text: turn.text, system: takesSystem ? system : nil, isFirst: isFirst, marks: marks)))
                if takesSystem { system = nil }
            case .assistant: append(turn, to: &rendered, marks)
            case .tool, .function, .ipython: rendered.append(result(turns, at: index))
            }
        }
        return rendered
    }

    private func append(_ turn: ConversationTurn, to rendered: inout RenderedConversation, _ marks: TextMarks) {
        rendered.append(opening)
        let text = turn.calls.isEmpty ? turn.text : tools?.calls?(turn.text, turn.calls) ?? turn.text
        let whole = answer(text, marks)
        if turn.isLearned { rendered.appendAnswer(whole) } else { rendered.append(whole) }
        rendered.append(separator)
    }

    private func result(_ turns: [ConversationTurn], at index: Int) -> String {
        let isTool = { turns.indices.contains($0) && turns[$0].role.isTool }
        let result = ToolFrame.Result(turn: turns[index], isFirst: !isTool(index - 1), isLast: !isTool(index + 1))
        return tools?.result(result) ?? turns[index].text
    }

    /// Writes turns, for templates whose only mark is the end of a text.
    public func render(_ turns: [ConversationTurn], endOfText: String) -> RenderedConversation {
        render(turns, marks: TextMarks(endOfText: endOfText))
    }

    /// Writes turns that end with a question or a tool's turn, as a prompt for the model.
    ///
    /// Spaces at its end are removed, because tokenizers join them with the first word of the answer.
    public func prompt(_ turns: [ConversationTurn], marks: TextMarks) -> String {
        var text = render(turns, marks: marks).text + opening
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Writes a prompt, for templates whose only mark is the end of a text.
    public func prompt(_ turns: [ConversationTurn], endOfText: String) -> String {
        prompt(turns, marks: TextMarks(endOfText: endOfText))
    }
}

/// The tokenizer's tokens for the start and end of a text, as text; empty if it has none.
public struct TextMarks: Equatable, Sendable {
    /// The beginning of a text.
    public var beginningOfText: String
    /// The end of a text.
    public var endOfText: String

    /// Creates marks.
    public init(beginningOfText: String = "", endOfText: String = "") {
        self.beginningOfText = beginningOfText
        self.endOfText = endOfText
    }
}

extension String {
    /// The text without the white space at its ends that Python's `str.strip` removes.
    var stripped: String {
        let isSpace = { (scalar: Unicode.Scalar) in
            scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
        }
        let rest = unicodeScalars.drop(while: isSpace)
        guard let last = rest.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(rest[...last])
    }
}
