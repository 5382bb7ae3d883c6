import Models

extension ConversationTemplate {
    /// Qwen's, SmolLM's and others': each turn between `<|im_start|>role` and `<|im_end|>`, whatever the role. Calls of tools
    /// are written where the folder's template is that of Qwen2.5.
    static let chatML: ConversationTemplate = {
        var template = plainChatML
        template.variant = { source in
            var template = plainChatML
            if isQwen25(source) {
                template.tools = .qwen25
            } else if source.contains("tool") {
                template.tools = nil
            }
            return template
        }
        return template
    }()

    private static let plainChatML = ConversationTemplate(
        name: "chatml",
        beginsWithMark: false,
        recognises: { $0.contains("<|im_start|>") && !$0.contains("<end_of_utterance>") },
        question: {
            let system = $0.system.map { "<|im_start|>system\n\($0)<|im_end|>\n" } ?? ""
            return "\(system)<|im_start|>user\n\($0.text)<|im_end|>\n"
        },
        opening: "<|im_start|>assistant\n",
        answer: { text, _ in "\(text)<|im_end|>" },
        separator: "\n",
        tools: ToolFrame { "<|im_start|>\($0.turn.role.rawValue)\n\($0.turn.text)<|im_end|>\n" },
        tokens: ["<|im_start|>", "<|im_end|>"],
        systemPrefix: "<|im_start|>system\n")

    /// Whether a chat template writes tools as Qwen2.5's does: answers of tools as a user's turn, arguments by `tojson`.
    private static func isQwen25(_ source: String) -> Bool {
        let text = source.replacing("\\n", with: "\n")
        return text.contains("\n<tool_response>\n") && text.contains("'<|im_start|>user'")
            && text.contains("tool_call.arguments | tojson") && !text.contains("reasoning_content")
    }
}

extension ToolFrame {
    /// Qwen2.5's: each call in `<tool_call>` on lines of its own, answers of tools that follow each other in `<tool_response>`
    /// within one turn of the user.
    fileprivate static let qwen25 = ToolFrame(
        calls: { text, calls in
            let lines = calls.map { call in
                "<tool_call>\n{\"name\": \"\(call.name)\", \"arguments\": \(call.arguments.asToJSON)}\n</tool_call>"
            }
            return ((text.isEmpty ? [] : [text]) + lines).joined(separator: "\n")
        },
        problem: { turn in
            guard turn.role.isTool, turn.role != .tool else { return nil }
            return "the model's chat template omits turns of the role \(turn.role.rawValue): write tool"
        },
        result: { result in
            let text = "\n<tool_response>\n\(result.turn.text)\n</tool_response>"
            return (result.isFirst ? "<|im_start|>user" : "") + text + (result.isLast ? "<|im_end|>\n" : "")
        })
}
