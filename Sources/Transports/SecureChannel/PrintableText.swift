extension String {
    /// The text as it may be printed on a terminal whoever sent it: one line, no control or direction characters, and
    /// at most `limit` characters.
    func printable(limit: Int = 500) -> String {
        let kept = unicodeScalars.lazy.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: kept.prefix(limit))
        return String(text)
    }
}
