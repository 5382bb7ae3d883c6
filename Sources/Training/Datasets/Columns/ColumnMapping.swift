public import Models

/// Column names of a dataset: `data.columns`.
///
/// Maps lorad's names to the names in the dataset. A name that is not mapped is used unchanged.
public struct ColumnMapping: Equatable, Sendable {
    /// One of lorad's names and its column.
    public struct Entry: Equatable, Sendable {
        /// lorad's name, one of `names`.
        public let name: String
        /// The examples' own name.
        public let column: String

        /// Creates an entry; nothing is checked.
        public init(name: String, column: String) {
            self.name = name
            self.column = column
        }
    }

    /// The names that examples may have for lorad.
    public static let names = [
        "image", "images", "question", "answer", "answers", "conversations", "messages", "text", "caption", "captions",
        "id", "person", "system", "label", "instruction", "input", "output", "prompt", "completion", "query",
        "response",
        "history", "filepath", "title", "file_name", "references", "question_id",
    ]

    /// What is mapped, each name once.
    public private(set) var entries: [Entry] = []

    /// Nothing is mapped.
    public init() {}

    /// Creates a mapping.
    ///
    /// - Throws: `TrainingError` for an unknown or repeated name, and for an empty column name.
    public init(_ entries: [Entry]) throws {
        for entry in entries {
            if let reason = Self.reason(against: entry, after: self.entries) {
                throw TrainingError(.invalidConfiguration, reason)
            }
            self.entries.append(entry)
        }
    }

    /// Reads `image=filepath,question=query`; an empty text maps nothing.
    ///
    /// - Throws: `TrainingError` if it cannot be read.
    public init(text: String) throws {
        let parts = text.split(separator: ",").filter { !$0.allSatisfy(\.isWhitespace) }
        try self.init(
            parts.map { part in
                let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                    $0.trimmingSpace
                }
                guard sides.count == 2 else {
                    throw TrainingError(
                        .invalidConfiguration, "`\(part)`: expected NAME=COLUMN, such as image=filepath")
                }
                return Entry(name: sides[0], column: sides[1])
            })
    }

    /// Why an entry cannot be added to others; `nil` if it can.
    public static func reason(against entry: Entry, after others: [Entry]) -> String? {
        guard names.contains(entry.name) else {
            let hint =
                NearestName.of(entry.name, among: names).map { "did you mean \($0)?" }
                ?? "expected one of \(names.joined(separator: ", "))"
            return "`\(entry.name)` is not a column name that lorad knows; \(hint)"
        }
        if others.contains(where: { $0.name == entry.name }) { return "`\(entry.name)` is mapped twice" }
        return entry.column.isEmpty ? "`\(entry.name)` is mapped to a column without a name" : nil
    }

    /// The column for one of lorad's names.
    public func column(of name: String) -> String { entries.first { $0.name == name }?.column ?? name }

    /// A row with lorad's names: mapped columns are renamed, and other columns with one of the mapped names are
    /// removed.
    public func applied(to row: JSONValue) -> JSONValue {
        guard !entries.isEmpty, let members = row.objectValue else { return row }
        return .object(
            members.flatMap { member -> [JSONValue.Member] in
                let names = entries.filter { $0.column == member.key }.map(\.name)
                guard names.isEmpty else { return names.map { .init($0, member.value) } }
                return entries.contains { $0.name == member.key } ? [] : [member]
            })
    }
}

extension Substring {
    fileprivate var trimmingSpace: String { String(self).stripped }
}
