extension ScalarPattern {
    /// The pattern at `pattern` of a section: `{"String": …}` to be taken literally, or `{"Regex": …}`.
    init(_ section: TokenizerSection) throws {
        let pattern = try section.section("pattern")
        if let text = try pattern.optionalString("String") {
            try self.init(literal: text)
            return
        }
        let expression = try pattern.string("Regex")
        do {
            try self.init(expression)
        } catch let error as PatternError {
            throw pattern.unsupported("the pattern \(expression.debugDescription) has \(error.message)")
        }
    }
}
