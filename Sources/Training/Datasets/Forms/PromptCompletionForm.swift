import Models

extension RowForm {
    /// TRL's: `prompt` and `completion`, both texts or both lists of messages. The completion is learned, and nothing of the
    /// prompt, its answers included. A prompt of text is what the user asks.
    static let promptCompletion = RowForm(
        format: .promptCompletion, recognises: RowForms.having([["prompt"], ["completion"]]),
        read: { row, _ in
            let (prompt, completion) = (try row.required("prompt"), try row.required("completion"))
            switch (prompt.value.arrayValue != nil, completion.value.arrayValue != nil) {
            case (true, true): return try messages(prompt, completion, of: row)
            case (false, false): return try texts(prompt, completion, of: row)
            default:
                throw RowProblem.Reason("`prompt` and `completion` must both be texts, or both lists of messages")
            }
        })

    private static func texts(_ prompt: RowValue, _ completion: RowValue, of row: RowValue) throws -> RowContent {
        let system = try SystemText(row).turns
        return RowContent(
            system + [.asking(try prompt.text()), .answering(try completion.spoken())],
            naming: TurnNaming(fields: system.map { _ in "system" } + ["prompt", "completion"]))
    }

    private static func messages(_ prompt: RowValue, _ completion: RowValue, of row: RowValue) throws -> RowContent {
        let asked = try prompt.list().map { try WrittenTurn($0, isContext: true) }
        let answered = try completion.list().map { try WrittenTurn($0) }
        let system = try SystemText(row, before: asked).turns
        let names = asked.indices.map { "prompt[\($0)]" } + answered.indices.map { "completion[\($0)]" }
        return RowContent(
            system + asked + answered, naming: TurnNaming(fields: system.map { _ in "system" } + names))
    }
}
