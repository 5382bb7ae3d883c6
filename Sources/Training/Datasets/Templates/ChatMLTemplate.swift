extension ConversationTemplate {
    /// Qwen's, SmolLM's and others': each turn between `<|im_start|>role` and `<|im_end|>`.
    static let chatML = ConversationTemplate(
        name: "chatml",
        recognises: { $0.contains("<|im_start|>") },
        system: { "<|im_start|>system\n\($0)<|im_end|>\n" },
        question: { "<|im_start|>user\n\($0)<|im_end|>\n<|im_start|>assistant\n" },
        answer: { text, _ in "\(text)<|im_end|>" },
        separator: "\n")
}
