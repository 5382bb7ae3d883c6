import Models

extension ConversationTemplate {
    /// Llama-3-Instruct's: a header with the role before each turn, whatever the role, `<|eot_id|>` behind it. The dates that
    /// later releases put before a system's turn are not written. Calls of tools are written where the folder's template is
    /// that of Llama 3.1.
    static let llama3: ConversationTemplate = {
        var template = plainLlama3
        template.variant = { source in
            var template = plainLlama3
            if source.contains("<|start_header_id|>ipython<|end_header_id|>") {
                template.tools = .llama31
            } else if source.contains("tool") {
                template.tools = nil
            }
            return template
        }
        return template
    }()

    private static let plainLlama3 = ConversationTemplate(
        name: "llama-3",
        beginsWithMark: true,
        recognises: { $0.contains("<|start_header_id|>") },
        question: {
            let system = $0.system.map { llama3Turn("system", $0.stripped) } ?? ""
            return system + llama3Turn("user", $0.text.stripped)
        },
        opening: llama3Header("assistant"),
        answer: { text, _ in "\(text.stripped)<|eot_id|>" },
        separator: "",
        tools: ToolFrame { llama3Turn($0.turn.role.rawValue, $0.turn.text.stripped) },
        tokens: ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"])

    fileprivate static func llama3Turn(_ role: String, _ text: String) -> String {
        "\(llama3Header(role))\(text)<|eot_id|>"
    }

    private static func llama3Header(_ role: String) -> String { "<|start_header_id|>\(role)<|end_header_id|>\n\n" }
}

extension ToolFrame {
    /// Llama 3.1's: one call an answer, as a JSON object; what a tool answers as a JSON string of `ipython`.
    fileprivate static let llama31 = ToolFrame(
        calls: { _, calls in
            calls.map { "{\"name\": \"\($0.name)\", \"parameters\": \($0.arguments.asToJSON)}" }.joined()
        },
        problem: { turn in
            if turn.calls.count > 1 {
                return "calls \(turn.calls.count) tools: Llama 3.1's template allows one call per turn"
            }
            guard !turn.calls.isEmpty, !turn.text.isEmpty else { return nil }
            return
                "calls a tool and contains text, which Llama 3.1's template omits: write two turns, or only the call"
        },
        result: { result in
            let (role, text) = (result.turn.role, result.turn.text)
            return role == .function
                ? ConversationTemplate.llama3Turn(role.rawValue, text.stripped)
                : ConversationTemplate.llama3Turn("ipython", JSONValue.string(text).asToJSON)
        })
}
