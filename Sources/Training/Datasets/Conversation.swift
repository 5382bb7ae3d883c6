/// One row of a dataset: pictures and what is said about them.
public struct Conversation: Equatable, Sendable {
    /// The row's position in its file, from 0.
    public let row: Int
    /// The row's own identifier, if it has one.
    public let id: String?
    /// Whom the row is about, if it says so.
    public let person: String?
    /// The pictures' paths as the row gives them, in the order of its `<image>` markers.
    public let images: [String]
    /// Optionally what the system says, then questions and answers in turn.
    public let turns: [ConversationTurn]

    /// Creates a row; nothing is checked.
    public init(
        row: Int, id: String? = nil, person: String? = nil, images: [String] = [], turns: [ConversationTurn]
    ) {
        self.row = row
        self.id = id
        self.person = person
        self.images = images
        self.turns = turns
    }

    /// What stands in a question where a picture belongs.
    public static let imageMarker = "<image>"
}
