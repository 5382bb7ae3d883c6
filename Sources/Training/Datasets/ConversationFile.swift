public import Foundation

/// A file of conversations, memory-mapped: each row is decoded when it is asked for.
public struct ConversationFile: Sendable {
    /// The file's path.
    public let path: String
    private let data: Data
    private let index: RowIndex

    /// Opens a JSON array or JSON Lines file of conversations and finds its rows.
    ///
    /// - Throws: `TrainingError` where the file cannot be read, its outer structure is broken, or it holds no rows.
    public init(path: String) throws {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw TrainingError(.fileNotFound, "\(path): no such file, or it cannot be read")
        }
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        } catch {
            throw TrainingError(.fileNotFound, "\(path): cannot be read: expected a JSON file", cause: error)
        }
        self.path = path
        index = try RowIndex(data, name: path)
    }

    /// How many rows there are.
    public var count: Int { index.entries.count }

    /// The line that a row begins on, from 1.
    public func line(ofRow row: Int) -> Int { index.entries[row].line }

    /// A row's bytes as they stand in the file.
    public func bytes(ofRow row: Int) -> Data { data[index.entries[row].bytes] }

    /// Decodes one row.
    ///
    /// - Throws: `RowProblem` where the row is not UTF-8, not JSON, or not a conversation.
    public func conversation(at row: Int) throws -> Conversation {
        let bytes = data[index.entries[row].bytes]
        do {
            guard String(validating: bytes, as: UTF8.self) != nil else {
                throw RowProblem.Reason("is not UTF-8: save the file with that encoding")
            }
            let decoded = try JSONDecoder().decode(ConversationRow.self, from: bytes)
            return Conversation(
                row: row, id: decoded.id, person: decoded.person, images: decoded.images, turns: decoded.turns)
        } catch {
            throw problem(row, RowProblem.reason(for: error), id: Self.identifier(in: bytes))
        }
    }

    /// A problem with a row of this file.
    func problem(_ row: Int, _ reason: String, id: String?) -> RowProblem {
        RowProblem(row: row, line: line(ofRow: row), id: id, reason: reason)
    }

    /// The `id` of a row that is otherwise wrong.
    private static func identifier(in bytes: Data) -> String? {
        struct Row: Decodable { let id: RowIdentifier? }
        return (try? JSONDecoder().decode(Row.self, from: bytes))?.id?.text
    }
}
