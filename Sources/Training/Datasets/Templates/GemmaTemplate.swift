extension ConversationTemplate {
    /// Gemma's: each turn between `<start_of_turn>role` and `<end_of_turn>`. What the system says stands before the first
    /// question, as in Gemma 3; earlier releases have no system.
    static let gemma = ConversationTemplate(
        name: "gemma",
        beginsWithMark: true,
        recognises: { $0.contains("<start_of_turn>") },
        question: {
            let system = $0.system.map { "\($0)\n\n" } ?? ""
            return "<start_of_turn>user\n\(system)\($0.text.stripped)<end_of_turn>\n"
        },
        opening: "<start_of_turn>model\n",
        answer: { text, _ in "\(text.stripped)<end_of_turn>" },
        separator: "\n",
        order: .alternating,
        tokens: ["<start_of_turn>", "<end_of_turn>"])
}
