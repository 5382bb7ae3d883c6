extension ConversationTemplate {
    /// LLaVA-1.5's: `{system} USER: {question} ASSISTANT: {answer}{end of text}`.
    static let vicuna = ConversationTemplate(
        name: "vicuna",
        beginsWithMark: false,
        recognises: { $0.contains("USER:") || $0.contains("ASSISTANT:") },
        question: { "\($0.system.map { "\($0) " } ?? "")USER: \($0.text) " },
        opening: "ASSISTANT: ",
        answer: { "\($0)\($1.endOfText)" },
        separator: "",
        tools: ToolFrame { "\($0.turn.role.rawValue.uppercased()): \($0.turn.text) " })
}
