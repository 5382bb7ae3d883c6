import Models

/// What people answered: a text, a list of texts, or VQA v2's list of `{"answer": …}`. Numbers and booleans are read as
/// text.
struct References {
    let texts: [String]

    /// The texts, or `nil` if the value is none of these.
    init?(_ value: JSONValue) {
        if let spoken = SpokenText(value) {
            texts = [spoken.text]
            return
        }
        guard let list = value.arrayValue else { return nil }
        let found = list.map { SpokenText($0)?.text ?? $0["answer"].flatMap(SpokenText.init)?.text }
        guard !found.contains(nil) else { return nil }
        texts = found.compactMap(\.self)
    }

    /// The references that an example of a dataset has beside its conversation: `answers` or `references`.
    ///
    /// - Throws: a reason if there is something else under these names.
    init?(ofRow row: JSONValue) throws {
        guard let key = ["answers", "references"].first(where: { !(row[$0] ?? .null).isNull }) else { return nil }
        guard let found = References(row[key] ?? .null), !found.texts.isEmpty else {
            throw RowProblem.Reason("`\(key)`: expected a list of texts, or of objects with an `answer`")
        }
        self = found
    }
}
