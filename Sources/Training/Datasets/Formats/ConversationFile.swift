public import Foundation
public import Models

/// A file of conversations in JSON or JSON Lines, memory-mapped: each example is decoded when it is asked for.
public struct ConversationFile: DatasetRows {
    private let text: MappedText
    private let rowReading: RowReading
    let imageFolder: String

    /// Opens a file and finds its examples.
    ///
    /// - Parameters:
    ///   - format: The form that every example must have, such as `llava`; `nil` detects it for each example.
    ///   - imageFolder: The folder that image paths are relative to.
    ///   - columns: Column names.
    /// - Throws: `TrainingError` if the file cannot be read, its outer structure is broken, it holds no examples, or no
    ///   example has a mapped column.
    public init(
        path: String, format: DataFormat? = nil, imageFolder: String = ".", columns: ColumnMapping = ColumnMapping()
    ) throws {
        try self.init(path: path, RowReading(format: format, columns: columns), imageFolder: imageFolder)
    }

    /// Opens a file whose examples are read in some way.
    init(path: String, _ reading: RowReading, imageFolder: String) throws {
        text = try MappedText(path: path) { try RowIndex($0, name: $1).entries }
        rowReading = reading
        self.imageFolder = imageFolder
        try ColumnCheck.check(reading.columns, path: path, count: text.count) { try written(row: $0) }
    }

    /// The file's path.
    public var path: String { text.path }

    /// How many examples there are.
    public var count: Int { text.count }

    /// The line that an example begins on.
    public func place(ofRow row: Int) -> RowPlace { RowPlace(line: text.line(ofRow: row)) }

    /// An example's bytes in the file.
    public func part(ofRow row: Int) throws -> Data { text.bytes(ofRow: row) }

    /// The row itself, with lorad's names for columns that are mapped.
    public func fields(ofRow row: Int) throws -> JSONValue {
        try reading(row) { rowReading.columns.applied(to: try written(row: row)) }
    }

    /// Decodes one example.
    ///
    /// - Throws: `RowProblem` if the example is not UTF-8, not JSON, or not a conversation.
    public func conversation(at row: Int) throws -> Conversation {
        let bytes = text.bytes(ofRow: row)
        do {
            let written = try RowValue.row(bytes.withoutByteOrderMark)
            let decoded = try ConversationRow(written, rowReading)
            let images = try decoded.images.enumerated().map { number, reference in
                try picture(reference, number: number, row: row, of: written.value)
            }
            return Conversation(row: row, id: decoded.id, images: images, decoded)
        } catch {
            throw problem(row, RowProblem.reason(for: error), id: identifier(in: bytes))
        }
    }

    /// The example with its own names.
    func written(row: Int) throws -> JSONValue {
        try JSONValue(parsing: text.checkedBytes(ofRow: row), file: "its JSON", takesNonNumbers: true)
    }

    /// The image that an example means by a reference.
    func picture(_ reference: String, number: Int, row: Int, of value: JSONValue) throws -> Picture {
        if let path = try PictureReference(text: reference).path(in: imageFolder) { return Picture(file: path) }
        return Picture(
            .row(path: path, bytes: text.range(ofRow: row), number: DataURL.position(of: reference, in: value)),
            name: "\(path): image \(number) of example \(row)")
    }

    /// The `id` of an example that is otherwise wrong.
    private func identifier(in bytes: Data) -> String? {
        let row = (try? RowValue.row(bytes)).map { RowValue(value: rowReading.columns.applied(to: $0.value), path: "") }
        return row?.member("id").flatMap { try? $0.identifier() }
    }
}
