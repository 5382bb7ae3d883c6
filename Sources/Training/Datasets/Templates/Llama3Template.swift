extension ConversationTemplate {
    /// Llama-3-Instruct's: a header with the role before each turn, `<|eot_id|>` behind it. The dates that later releases
    /// put before a system's turn are not written.
    static let llama3 = ConversationTemplate(
        name: "llama-3",
        beginsWithMark: true,
        recognises: { $0.contains("<|start_header_id|>") },
        question: {
            let system = $0.system.map { llama3Header("system") + $0.stripped + "<|eot_id|>" } ?? ""
            return system + llama3Header("user") + $0.text.stripped + "<|eot_id|>" + llama3Header("assistant")
        },
        answer: { text, _ in "\(text.stripped)<|eot_id|>" },
        separator: "",
        tokens: ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"])

    private static func llama3Header(_ role: String) -> String { "<|start_header_id|>\(role)<|end_header_id|>\n\n" }
}
