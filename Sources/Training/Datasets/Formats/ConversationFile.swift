public import Foundation
public import Models

/// A file of conversations in JSON or JSON Lines, memory-mapped: each row is decoded when it is asked for.
public struct ConversationFile: DatasetRows {
    private let text: MappedText
    private let format: DataFormat?
    private let imageFolder: String

    /// Opens a file and finds its rows.
    ///
    /// - Parameters:
    ///   - format: `llava`, `messages` or `sharegpt`, to which every row is held; nil takes each row as it is.
    ///   - imageFolder: The folder that picture paths are relative to.
    /// - Throws: `TrainingError` where the file cannot be read, its outer structure is broken, or it holds no rows.
    public init(path: String, format: DataFormat? = nil, imageFolder: String = ".") throws {
        text = try MappedText(path: path) { try RowIndex($0, name: $1).entries }
        self.format = format
        self.imageFolder = imageFolder
    }

    /// The file's path.
    public var path: String { text.path }

    /// How many rows there are.
    public var count: Int { text.count }

    /// The line that a row begins on.
    public func place(ofRow row: Int) -> RowPlace { RowPlace(line: text.line(ofRow: row)) }

    /// A row's bytes as they stand in the file.
    public func part(ofRow row: Int) throws -> Data { text.bytes(ofRow: row) }

    /// The row itself.
    public func fields(ofRow row: Int) throws -> JSONValue {
        try reading(row) {
            try JSONValue(parsing: text.checkedBytes(ofRow: row), file: "its JSON", takesNonNumbers: true)
        }
    }

    /// Decodes one row.
    ///
    /// - Throws: `RowProblem` where the row is not UTF-8, not JSON, or not a conversation.
    public func conversation(at row: Int) throws -> Conversation {
        let bytes = text.bytes(ofRow: row)
        do {
            let decoded = try ConversationRow(bytes, as: format)
            return Conversation(
                row: row, id: decoded.id, person: decoded.person,
                images: try decoded.images.enumerated().map { try picture($1, number: $0, row: row) },
                turns: decoded.turns, naming: decoded.naming)
        } catch {
            throw problem(row, RowProblem.reason(for: error), id: Self.identifier(in: bytes))
        }
    }

    private func picture(_ reference: String, number: Int, row: Int) throws -> Picture {
        if let path = try PictureReference(text: reference).path(in: imageFolder) { return Picture(file: path) }
        return Picture(
            .row(path: path, bytes: text.range(ofRow: row), number: number),
            name: "\(path): picture \(number) of row \(row)")
    }

    /// The `id` of a row that is otherwise wrong.
    private static func identifier(in bytes: Data) -> String? {
        let id = (try? RowValue.row(bytes))?.member("id")
        return id.flatMap { try? $0.identifier() }
    }
}
