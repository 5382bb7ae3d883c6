import Models

extension RowForm {
    /// OpenAI's: `messages` of `role` and `content`.
    static let messages = RowForm(
        format: .messages, recognises: { $0["messages"]?[0]?["role"] != nil },
        read: { row, _ in try listed("messages", row) })

    /// ShareGPT's: `conversations` or `messages` of text, and `images`.
    static let shareGPT = RowForm(
        format: .sharegpt,
        recognises: { row in
            if let first = row["messages"]?[0] { return first["role"] == nil }
            return row["conversations"]?[0]?["role"] != nil || row["conversations"] != nil && row["images"] != nil
        },
        read: { row, _ in try listed(row.key("messages", or: "conversations"), row) })

    /// LLaVA's: `conversations` of `from` and `value`, and `image`; or images with a `caption` or `text`, which is an
    /// answer to nothing.
    static let llava = RowForm(
        format: .llava,
        recognises: { row in
            row["conversations"] != nil && row["images"] == nil && row["messages"]?[0] == nil
                && row["conversations"]?[0]?["role"] == nil
        },
        read: { row, reading in
            let key = row.key("caption", or: "text")
            if !RowForms.listsTurns(row.value), row.has(key) {
                let caption = try row.required(key).spoken()
                let markers = String(repeating: Conversation.imageMarker, count: try row.pictures().count)
                return RowContent([.asking(markers), .answering(caption)])
            }
            let list = reading.format == .llava ? "conversations" : row.key("messages", or: "conversations")
            return try listed(list, row)
        })

    /// The turns of a list, behind the turn of a system that the example names beside it.
    private static func listed(_ key: String, _ row: RowValue) throws -> RowContent {
        let written = try row.required(key).list().map { try WrittenTurn($0) }
        let system = try SystemText(row, before: written).turns
        return RowContent(list: system + written, naming: TurnNaming(list: key, first: system.count))
    }
}

/// The turn of a system that an example names beside its conversation, as ShareGPT's examples may.
struct SystemText {
    /// The turn, or none.
    let turns: [WrittenTurn]

    /// Reads `system`.
    ///
    /// - Throws: `RowProblem.Reason` if it is no text, or the turns begin with the system's already.
    init(_ row: RowValue, before written: [WrittenTurn] = []) throws {
        guard let system = row.member("system"), !system.isEmpty else {
            turns = []
            return
        }
        guard written.first?.turn.role != .system else {
            throw RowProblem.Reason("has both `system` and a turn of the system: give one")
        }
        turns = [WrittenTurn(ConversationTurn(.system, try system.text()))]
    }
}
