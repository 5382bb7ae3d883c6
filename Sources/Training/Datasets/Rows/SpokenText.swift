import Models

/// What an answer says: text, or a number or boolean as JSON writes it.
struct SpokenText {
    let text: String
    /// Whether it was no text.
    let isConverted: Bool

    /// The text of a value, or `nil` if it is something else.
    ///
    /// `3` is read as "3", `2.50` as "2.5", `1e16` as "1e+16" and `true` as "true". Doubles of 2⁶³ and more are no
    /// text: they may have been written as whole numbers with more digits than a double holds.
    init?(_ value: JSONValue) {
        switch value {
        case .string(let text): (self.text, isConverted) = (text, false)
        case .int, .bool: (text, isConverted) = (value.description, true)
        case .double(let number) where abs(number) < Self.limit: (text, isConverted) = (value.description, true)
        default: return nil
        }
    }

    /// Below it whole numbers that are written with all their digits are integers, and only others are doubles.
    private static let limit = 0x1p63
}

extension RowValue {
    /// The text of an answer.
    ///
    /// - Throws: `RowProblem.Reason` if it is null, a list, an object, or a number that is too large.
    func spoken() throws -> SpokenText {
        if let spoken = SpokenText(value) { return spoken }
        if value.doubleValue != nil { throw reason("the number is too large to be exact: put it in quotes") }
        _ = try text()
        throw reason("expected text")
    }
}
