extension ConversationTemplate {
    /// Llama-2-Chat's: `[INST] {question} [/INST] {answer} {end of text}`, the system within the first question, and the
    /// beginning of text before each further one.
    static let llama2 = ConversationTemplate(
        name: "llama-2",
        beginsWithMark: true,
        recognises: { $0.contains("[INST]") && $0.contains("<<SYS>>") },
        question: {
            let system = $0.system.map { "<<SYS>>\n\($0)\n<</SYS>>\n\n" } ?? ""
            let mark = $0.isFirst ? "" : $0.marks.beginningOfText
            return "\(mark)[INST] \((system + $0.text).stripped) [/INST] "
        },
        answer: { "\($0.stripped) \($1.endOfText)" },
        separator: "",
        order: .alternating)
}
