import Models

/// The forms of examples that there are.
enum RowForms {
    /// Every form. An example that is of none of them is read as LLaVA's, the last.
    static let all: [RowForm] = [
        .messages, .shareGPT, .promptCompletion, .alpaca, .queryResponse, .questionAnswer, .openCLIP, .llava,
    ]

    /// The forms that an example may be of: one, or several where its names do not tell. Names of nulls count only
    /// where the others tell nothing: Parquet and `datasets` write every column in every row.
    static func recognising(_ row: JSONValue) -> [RowForm] {
        let found = [row.withoutNulls, row].lazy.map { row in all.filter { $0.recognises(row) } }.first { !$0.isEmpty }
        return found ?? [.llava]
    }

    /// Whether an example is of one of the forms, nulls left aside.
    static func isKnown(_ row: JSONValue) -> Bool {
        let row = row.withoutNulls
        return all.contains { $0.recognises(row) }
    }

    /// The form of a format; `nil` for formats that are no form of examples.
    static func of(_ format: DataFormat) -> RowForm? { all.first { $0.format == format } }

    /// The form that an example is to be read in.
    ///
    /// - Parameter format: What it must be; `nil` takes what it is.
    /// - Throws: `RowProblem.Reason` if its names do not tell.
    static func form(of row: JSONValue, _ format: DataFormat?) throws -> RowForm {
        if let form = format.flatMap(of) { return form }
        let found = recognising(row)
        guard found.count == 1, let form = found.first else { throw RowProblem.Reason(ambiguity(found)) }
        return form
    }

    /// What to say about an example that may be of several forms.
    static func ambiguity(_ forms: [RowForm]) -> String {
        let names = forms.map(\.format.rawValue).joined(separator: " and ")
        return "has the names of \(names): set data.format to one of them"
    }

    /// Whether an example lists its turns; null is no list.
    static func listsTurns(_ row: JSONValue) -> Bool {
        ["conversations", "messages"].contains { row[$0].map { !$0.isNull } ?? false }
    }

    /// Recognises examples that have some names and do not list their turns.
    static func having(_ names: [[String]]) -> @Sendable (JSONValue) -> Bool {
        { row in !listsTurns(row) && names.allSatisfy { names in names.contains { row[$0] != nil } } }
    }
}

extension JSONValue {
    /// An object without its members that are null; any other value as it is.
    fileprivate var withoutNulls: JSONValue { objectValue.map { .object($0.filter { !$0.value.isNull }) } ?? self }
}
