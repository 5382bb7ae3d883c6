extension ConversationTemplate {
    /// Why the template cannot write some turns, or `nil` if it can: what makes a chat template raise an exception in
    /// transformers, or leave a turn out.
    ///
    /// - Parameter name: What messages call a turn, by its position.
    func reason(against turns: [ConversationTurn], name: (Int) -> String) -> String? {
        let offset = turns.first?.role == .system ? 1 : 0
        for (index, turn) in turns.enumerated() {
            guard let reason = reason(against: turn, at: index - offset) else { continue }
            return "\(name(index)): \(reason)"
        }
        return nil
    }

    private func reason(against turn: ConversationTurn, at position: Int) -> String? {
        if turn.role == .system, !takesSystem {
            return
                "the template \(self.name) of this model's folder has no system turn: remove it, or set data.template"
        }
        if turn.role.isTool || !turn.calls.isEmpty {
            guard let tools, turn.calls.isEmpty || tools.calls != nil else {
                let what = turn.role.isTool ? "turns of the role \(turn.role.rawValue)" : "tool calls"
                return "the template \(self.name) has no \(what): remove such examples, or set data.template"
            }
            return tools.problem(turn)
        }
        guard order == .alternating, position >= 0 else { return nil }
        let expected: ConversationTurn.Role = position.isMultiple(of: 2) ? .user : .assistant
        guard turn.role != expected else { return nil }
        return
            "expected the \(expected.rawValue), found the \(turn.role.rawValue): in the template \(self.name) "
            + "questions and answers must alternate"
    }
}
