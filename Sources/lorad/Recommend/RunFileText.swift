/// Settings as a run file to read and to edit: a section after another, reasons as comments.
struct RunFileText {
    /// Lines of comment at the top.
    let title: [String]
    let settings: [RecommendedSetting]

    /// Columns that a line may take.
    private static let width = 110

    var text: String {
        var lines = title.flatMap { Self.comment($0, indent: "") }
        var section = ""
        for setting in settings {
            let keys = setting.key.split(separator: ".", maxSplits: 1).map(String.init)
            let indent = keys.count > 1 ? "  " : ""
            if keys.count > 1, keys[0] != section {
                section = keys[0]
                lines += ["", "\(section):"]
            }
            if !setting.reason.isEmpty { lines += Self.comment(setting.explanation, indent: indent) }
            lines.append("\(indent)\(keys[keys.count - 1]): \(setting.value)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Words as lines of comment.
    private static func comment(_ text: String, indent: String) -> [String] {
        var lines = ["\(indent)#"]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + word.count + 1 > width { lines.append("\(indent)#") }
            lines[lines.count - 1] += " \(word)"
        }
        return lines
    }
}
