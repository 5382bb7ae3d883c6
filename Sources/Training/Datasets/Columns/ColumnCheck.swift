import Models

/// Finds out whether a dataset has the columns that are mapped.
enum ColumnCheck {
    /// How many names of columns an error lists.
    private static let shown = 30

    /// Checks that each mapped column is in some row; rows are read until all of them were seen.
    ///
    /// - Parameters:
    ///   - count: How many examples there are.
    ///   - fields: An example with its own names; `nil` if it cannot be read.
    /// - Throws: `TrainingError` that names the columns there are.
    static func check(
        _ mapping: ColumnMapping, path: String, count: Int, fields: (_ row: Int) throws -> JSONValue
    ) throws {
        var missing = mapping.entries
        var seen: [String] = []
        for row in 0..<count where !missing.isEmpty {
            let names = (try? fields(row))?.objectValue?.map(\.key) ?? []
            missing.removeAll { names.contains($0.column) }
            if seen.count < shown { seen += names.filter { !seen.contains($0) } }
        }
        guard let entry = missing.first else { return }
        throw error(entry, path, columns: Array(seen.prefix(shown)))
    }

    /// Refuses a mapping for a dataset that has no columns.
    static func refuse(_ mapping: ColumnMapping, path: String, _ kind: String) throws {
        guard let entry = mapping.entries.first else { return }
        throw TrainingError(
            .invalidDataset,
            "\(path): data.columns maps `\(entry.name)` to `\(entry.column)`, but \(kind) have no columns: remove it"
        )
    }

    private static func error(_ entry: ColumnMapping.Entry, _ path: String, columns: [String]) -> TrainingError {
        let known = columns.isEmpty ? "none" : columns.joined(separator: ", ")
        let hint = NearestName.of(entry.column, among: columns).map { "; did you mean `\($0)`?" } ?? ""
        return TrainingError(
            .invalidDataset,
            "\(path): no example has the column `\(entry.column)`, which data.columns maps to `\(entry.name)`; its "
                + "columns: \(known)\(hint)"
        )
    }
}
