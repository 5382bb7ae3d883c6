import Models

/// The forms of rows that there are.
enum RowForms {
    /// Every form. A row that is of none of them is read as LLaVA's, the last.
    static let all: [RowForm] = [
        .messages, .shareGPT, .promptCompletion, .alpaca, .queryResponse, .questionAnswer, .openCLIP, .llava,
    ]

    /// The forms that a row may be of: one, or several where its names do not tell.
    static func recognising(_ row: JSONValue) -> [RowForm] {
        let found = all.filter { $0.recognises(row) }
        return found.isEmpty ? [.llava] : found
    }

    /// The form of a format; nil for formats that are no form of rows.
    static func of(_ format: DataFormat) -> RowForm? { all.first { $0.format == format } }

    /// The form that a row is to be read in.
    ///
    /// - Parameter format: What it must be; nil takes what it is.
    /// - Throws: `RowProblem.Reason` where its names do not tell.
    static func form(of row: JSONValue, _ format: DataFormat?) throws -> RowForm {
        if let form = format.flatMap(of) { return form }
        let found = recognising(row)
        guard found.count == 1, let form = found.first else { throw RowProblem.Reason(ambiguity(found)) }
        return form
    }

    /// What to say about a row that may be of several forms.
    static func ambiguity(_ forms: [RowForm]) -> String {
        let names = forms.map(\.format.rawValue).joined(separator: " and ")
        return "has the names of \(names): set data.format to one of them"
    }

    /// Whether a row lists its turns.
    static func listsTurns(_ row: JSONValue) -> Bool { row["conversations"] != nil || row["messages"] != nil }

    /// Recognises rows that have some names and do not list their turns.
    static func having(_ names: [[String]]) -> @Sendable (JSONValue) -> Bool {
        { row in !listsTurns(row) && names.allSatisfy { names in names.contains { row[$0] != nil } } }
    }
}
