/// What is to be said about examples that are used all the same, counted over a dataset.
struct RowNotes: Equatable, Sendable {
    /// Answers that are numbers or booleans and are read as text.
    var answersAsText = 0
    /// Examples that list tools, which no template writes.
    var toolLists = 0

    static func + (first: RowNotes, second: RowNotes) -> RowNotes {
        RowNotes(
            answersAsText: first.answersAsText + second.answersAsText, toolLists: first.toolLists + second.toolLists)
    }

    /// A sentence each.
    var texts: [String] {
        [
            (
                answersAsText, "answer that is a number or boolean is read as text",
                "answers that are numbers or booleans are read as text"
            ),
            (
                toolLists, "example lists `tools`, which are not used: describe them in the system turn",
                "examples list `tools`, which are not used: describe them in the system turn"
            ),
        ].filter { $0.0 > 0 }.map { count, one, many in "\(count) \(count == 1 ? one : many)" }
    }
}
