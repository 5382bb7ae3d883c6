/// A conversation as one text, with the positions of its answers.
public struct RenderedConversation: Equatable, Sendable {
    /// The whole text.
    public private(set) var text = ""
    /// The answers, end marks included, in Unicode scalars from the text's beginning.
    public private(set) var answers: [Range<Int>] = []
    private var length = 0

    /// Appends text that is not learned.
    mutating func append(_ part: String) {
        text += part
        length += part.unicodeScalars.count
    }

    /// Appends text that is learned.
    mutating func appendAnswer(_ part: String) {
        let start = length
        append(part)
        answers.append(start..<length)
    }

    /// The same behind a prefix that is not learned.
    func after(_ prefix: String) -> RenderedConversation {
        guard !prefix.isEmpty else { return self }
        var whole = RenderedConversation()
        whole.append(prefix + text)
        let shift = prefix.unicodeScalars.count
        whole.answers = answers.map { $0.lowerBound + shift..<$0.upperBound + shift }
        return whole
    }
}
