extension ConversationTemplate {
    /// LLaVA-1.5's: `{system} USER: {question} ASSISTANT: {answer}{end of text}`.
    static let vicuna = ConversationTemplate(
        name: "vicuna",
        recognises: { $0.contains("USER:") || $0.contains("ASSISTANT:") },
        system: { "\($0) " },
        question: { "USER: \($0) ASSISTANT: " },
        answer: { "\($0)\($1)" },
        separator: "")
}
