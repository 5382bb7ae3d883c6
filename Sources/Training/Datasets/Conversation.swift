/// One example of a dataset: images and a conversation about them.
public struct Conversation: Equatable, Sendable {
    /// The example's position in its dataset, from 0.
    public let row: Int
    /// The example's own identifier, if it has one.
    public let id: String?
    /// Whom the example is about, if it says so.
    public let person: String?
    /// The images, in the order of the `<image>` markers.
    public let images: [Picture]
    /// An optional system turn, then questions and answers alternately.
    public let turns: [ConversationTurn]
    /// What messages call its turns.
    let naming: TurnNaming
    /// What is to be said about it.
    let notes: RowNotes

    /// Creates an example; nothing is checked.
    public init(
        row: Int, id: String? = nil, person: String? = nil, images: [Picture] = [], turns: [ConversationTurn]
    ) {
        self.init(row: row, id: id, person: person, images: images, turns: turns, naming: TurnNaming())
    }

    /// Creates an example whose turns have names of their own.
    init(
        row: Int, id: String?, person: String?, images: [Picture], turns: [ConversationTurn], naming: TurnNaming,
        notes: RowNotes = RowNotes()
    ) {
        self.row = row
        self.id = id
        self.person = person
        self.images = images
        self.turns = turns
        self.naming = naming
        self.notes = notes
    }

    /// An example as it was read, with its images found.
    init(row: Int, id: String?, images: [Picture], _ read: ConversationRow) {
        self.init(
            row: row, id: id, person: read.person, images: images, turns: read.turns, naming: read.naming,
            notes: read.notes)
    }

    /// An example that asks about images once: their markers, the question beneath, and the answer.
    ///
    /// - Parameter question: May be empty, or hold the markers itself.
    init(
        row: Int, id: String?, person: String? = nil, images: [Picture], question: String, answer: String,
        notes: RowNotes = RowNotes()
    ) {
        let markers = Array(repeating: Self.imageMarker, count: images.count)
        let lines = question.imageMarkerCount > 0 ? [question] : markers + (question.isEmpty ? [] : [question])
        self.init(
            row: row, id: id, person: person, images: images,
            turns: [.init(.user, lines.joined(separator: "\n")), .init(.assistant, answer)], naming: TurnNaming(),
            notes: notes)
    }

    /// The marker for an image in a question.
    public static let imageMarker = "<image>"
}

/// What messages call the turns of an example: by the list that they stand in.
struct TurnNaming: Equatable, Sendable {
    /// The list's key.
    var list = "conversations"
    /// Which of the turns is the list's first.
    var first = 0
    /// What each turn stands in, where that is no list.
    var fields: [String] = []

    /// `conversations[1]`.
    func name(ofTurn index: Int) -> String {
        if fields.indices.contains(index) { return "`\(fields[index])`" }
        return index < first ? "`system`" : "`\(list)[\(index - first)]`"
    }
}
