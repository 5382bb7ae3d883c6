extension ConversationTemplate {
    /// Qwen's, SmolLM's and others': each turn between `<|im_start|>role` and `<|im_end|>`.
    static let chatML = ConversationTemplate(
        name: "chatml",
        beginsWithMark: false,
        recognises: { $0.contains("<|im_start|>") && !$0.contains("<end_of_utterance>") },
        question: {
            let system = $0.system.map { "<|im_start|>system\n\($0)<|im_end|>\n" } ?? ""
            return "\(system)<|im_start|>user\n\($0.text)<|im_end|>\n<|im_start|>assistant\n"
        },
        answer: { text, _ in "\(text)<|im_end|>" },
        separator: "\n",
        tokens: ["<|im_start|>", "<|im_end|>"],
        systemPrefix: "<|im_start|>system\n")
}
