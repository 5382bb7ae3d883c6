extension ConversationTemplate {
    /// The end of an answer, at which a model trained with this template stops.
    public func endMark(endOfText: String) -> String { answer("", TextMarks(endOfText: endOfText)) }
}
