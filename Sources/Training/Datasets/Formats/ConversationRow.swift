import Foundation
import Models

/// An example that holds a conversation, in one of the forms that there are.
///
/// Images stand where the text has `<image>`, and are listed in `image` or `images`; or they are blocks of the text.
struct ConversationRow {
    let id: String?
    let person: String?
    /// What is written for each image, in the order of the markers.
    let images: [String]
    let turns: [ConversationTurn]
    /// What messages call its turns.
    let naming: TurnNaming
    /// What is to be said about it.
    let notes: RowNotes

    /// Reads an example of JSON.
    ///
    /// - Throws: `RowProblem.Reason`.
    init(_ bytes: Data, _ reading: RowReading = RowReading()) throws {
        try self.init(RowValue.row(bytes.withoutByteOrderMark), reading)
    }

    /// Reads an example with its own names.
    ///
    /// - Parameter picturesBeside: How many images come with it where it names none.
    /// - Throws: `RowProblem.Reason`.
    init(_ written: RowValue, _ reading: RowReading, picturesBeside: Int = 0) throws {
        let row = RowValue(value: reading.columns.applied(to: written.value), path: written.path)
        id = try row.member("id")?.identifier()
        person = try row.member("person")?.identifier()
        let image = try row.member("image")?.references()
        let images = try row.member("images")?.references()
        guard image == nil || images == nil else { throw RowProblem.Reason("has both `image` and `images`: give one") }
        try Self.refuse(row)
        var content = try RowForms.form(of: row.value, reading.format).read(row, reading)
        let listed = content.pictures ?? image ?? images ?? []
        content.place(listed.isEmpty ? picturesBeside : listed.count)
        turns = content.turns.map(\.turn)
        naming = content.naming
        notes = RowNotes(
            answersAsText: content.turns.count(where: \.isConverted),
            toolLists: row.member("tools").map { !$0.isEmpty } == true ? 1 : 0)
        self.images = Self.inOrder(content.turns.flatMap(\.pictures), listed: listed)
    }

    /// Refuses what would change the example's meaning and is not done.
    private static func refuse(_ row: RowValue) throws {
        if row.member("conversations") != nil, row.member("messages") != nil {
            throw RowProblem.Reason("has both `conversations` and `messages`: give one")
        }
        if let video = row.member("video") ?? row.member("videos"), !video.isEmpty {
            throw video.reason("videos are not supported: remove such examples")
        }
    }

    /// The images of all markers: those that blocks bring, and the listed ones for the others. Where their numbers do
    /// not fit, all of them in some order: they are counted before they are used.
    private static func inOrder(_ markers: [String?], listed: [String]) -> [String] {
        guard markers.count(where: { $0 == nil }) == listed.count else { return markers.compactMap(\.self) + listed }
        var rest = listed[...]
        return markers.compactMap { $0 ?? rest.popFirst() }
    }
}
