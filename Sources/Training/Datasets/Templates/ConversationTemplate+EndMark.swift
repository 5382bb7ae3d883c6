extension ConversationTemplate {
    /// What an answer ends with: where a model that learned from this template stops.
    public func endMark(endOfText: String) -> String { answer("", TextMarks(endOfText: endOfText)) }
}
