/// Whether a text is one of the references, but for case and white space.
enum ExactMatch {
    /// 1 or 0.
    static func of(_ prediction: String, _ references: [String]) -> Double {
        let text = normalized(prediction)
        return references.contains { normalized($0) == text } ? 1 : 0
    }

    private static func normalized(_ text: String) -> String {
        text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
