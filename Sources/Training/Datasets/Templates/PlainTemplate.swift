extension ConversationTemplate {
    /// No frame, for models that know no chat: each text on lines of its own, the end of text behind an answer.
    static let plain = ConversationTemplate(
        name: "plain",
        beginsWithMark: false,
        recognises: { _ in false },
        question: { "\($0.system.map { "\($0)\n" } ?? "")\($0.text)\n" },
        answer: { "\($0)\($1.endOfText)" },
        separator: "\n")
}
