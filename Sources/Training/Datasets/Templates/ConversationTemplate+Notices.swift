extension ConversationTemplate {
    /// A warning if the tokenizer splits marks of the template, which are then learned as text; `nil` if each mark is a
    /// token.
    public func notice(names: SettingNames = .runFile, onMissingTokens isToken: (String) -> Bool) -> String? {
        let missing = tokens.filter { !isToken($0) }
        guard !missing.isEmpty else { return nil }
        return
            "the tokenizer has no token \(missing.joined(separator: ", ")) of the template \(name), so the model "
            + "learns it as plain text: \(names.chooseTemplate) the template that the model was trained with, "
            + "or to plain"
    }

    /// What the model's own chat template says for the system where a conversation does not, up to the end of the first
    /// line; `nil` if it says nothing, or only what depends on the conversation.
    ///
    /// - Parameter source: The Jinja source.
    func defaultSystem(in source: String) -> String? {
        guard let systemPrefix else { return nil }
        // A line ends in a string literal as an escape, in text around expressions as itself.
        let text = source.replacing("\\n", with: "\n")
        for rest in text.ranges(of: systemPrefix).map({ text[$0.upperBound...] }) {
            let system = rest.prefix { !$0.isNewline && !"'\"{<".contains($0) }
            if system.first?.isLetter == true { return String(system) }
        }
        return nil
    }
}
