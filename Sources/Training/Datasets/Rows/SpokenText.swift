import Models

/// What an answer says: text, or a number or truth value as JSON writes it.
struct SpokenText {
    let text: String
    /// Whether it was no text.
    let isConverted: Bool

    /// The text of a value, or nil where it is something else.
    ///
    /// `3` is read as "3", `2.50` as "2.5" and `true` as "true". Numbers that a double does not hold exactly are no text: what
    /// was written is not known any more.
    init?(_ value: JSONValue) {
        switch value {
        case .string(let text): (self.text, isConverted) = (text, false)
        case .int, .bool: (text, isConverted) = (value.description, true)
        case .double(let number) where abs(number) < Self.limit: (text, isConverted) = (value.description, true)
        default: return nil
        }
    }

    /// What a double counts to without gaps.
    private static let limit = 0x1p53
}

extension RowValue {
    /// The text of an answer.
    ///
    /// - Throws: `RowProblem.Reason` where it is null, a list, an object, or a number that is too large.
    func spoken() throws -> SpokenText {
        if let spoken = SpokenText(value) { return spoken }
        if value.doubleValue != nil { throw reason("the number is too large to be exact: write it in quotes") }
        _ = try text()
        throw reason("expected text")
    }
}
