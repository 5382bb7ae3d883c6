import Foundation

/// A row of JSON that holds a conversation, in LLaVA's, ShareGPT's or OpenAI's format; or pictures with a `caption` or `text`,
/// which is an answer to nothing.
///
/// Pictures stand where the text has `<image>`, and are listed in `image` or `images`; or they are blocks of the text.
struct ConversationRow {
    let id: String?
    let person: String?
    /// What is written for each picture, in the order of the markers.
    let images: [String]
    let turns: [ConversationTurn]
    /// What messages call its turns.
    let naming: TurnNaming

    /// Reads a row.
    ///
    /// - Parameter format: What the row must be; nil takes any of the three.
    /// - Throws: `RowProblem.Reason`.
    init(_ bytes: Data, as format: DataFormat?) throws {
        try self.init(RowValue.row(bytes.withoutByteOrderMark), as: format)
    }

    /// Reads a row that is decoded already; a member that is null counts as absent where another may stand for it.
    init(_ row: RowValue, as format: DataFormat?) throws {
        id = try row.member("id")?.identifier()
        person = try row.member("person")?.identifier()
        let image = try row.member("image")?.references()
        let images = try row.member("images")?.references()
        guard image == nil || images == nil else { throw RowProblem.Reason("has both `image` and `images`: give one") }
        try Self.refuse(row)
        if let caption = try Self.caption(of: row, format) {
            let listed = image ?? images ?? []
            self.images = listed
            turns = [
                ConversationTurn(.user, String(repeating: Conversation.imageMarker, count: listed.count)),
                ConversationTurn(.assistant, caption),
            ]
            naming = TurnNaming()
            return
        }
        let key = Self.key(of: row, format)
        let written = try row.required(key).list().map(WrittenTurn.init)
        let system = try Self.system(of: row, before: written)
        turns = system + written.map(\.turn)
        naming = TurnNaming(list: key, first: system.count)
        self.images = Self.inOrder(written.flatMap(\.pictures), listed: image ?? images ?? [])
    }

    /// Refuses what would change the row's meaning and is not done.
    private static func refuse(_ row: RowValue) throws {
        if row.member("conversations") != nil, row.member("messages") != nil {
            throw RowProblem.Reason("has both `conversations` and `messages`: give one")
        }
        if let video = row.member("video") ?? row.member("videos"), !video.isEmpty {
            throw video.reason("videos are not supported: leave such rows out")
        }
    }

    /// The turn of a system that the row names beside its conversation, as ShareGPT's rows may.
    private static func system(of row: RowValue, before turns: [WrittenTurn]) throws -> [ConversationTurn] {
        guard let system = row.member("system"), !system.isEmpty else { return [] }
        guard turns.first?.turn.role != .system else {
            throw RowProblem.Reason("has both `system` and a turn of the system: give one")
        }
        return [ConversationTurn(.system, try system.text())]
    }

    /// The `caption` or `text` of a row that holds no conversation.
    private static func caption(of row: RowValue, _ format: DataFormat?) throws -> String? {
        guard format == nil || format == .llava, row.member("conversations") == nil, row.member("messages") == nil,
            let key = ["caption", "text"].first(where: { row.member($0) != nil })
        else { return nil }
        return try row.required(key).text()
    }

    private static func key(of row: RowValue, _ format: DataFormat?) -> String {
        switch format {
        case .llava: "conversations"
        case .messages: "messages"
        default:
            row.member("messages") != nil || !row.has("conversations") && row.has("messages")
                ? "messages" : "conversations"
        }
    }

    /// The pictures of all markers: those that blocks bring, and the listed ones for the others. Where their numbers do not
    /// fit, all of them in some order: they are counted before they are used.
    private static func inOrder(_ markers: [String?], listed: [String]) -> [String] {
        guard markers.count(where: { $0 == nil }) == listed.count else { return markers.compactMap(\.self) + listed }
        var rest = listed[...]
        return markers.compactMap { $0 ?? rest.popFirst() }
    }
}
