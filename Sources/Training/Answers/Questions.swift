import Models

/// The questions of a dataset: one for each trained answer that calls no tools, with the turns before it.
public struct Questions: Sendable {
    /// A question and what people answered.
    struct Question {
        let id: JSONValue
        let turns: [ConversationTurn]
        let images: [Picture]
        let references: [String]
    }

    private let dataset: ConversationDataset
    /// Examples, and places of answers among their turns.
    private let places: [(row: Int, turn: Int)]

    /// Finds the questions of a dataset.
    ///
    /// - Throws: `TrainingError` if an example cannot be read.
    public init(_ dataset: ConversationDataset) throws {
        self.dataset = dataset
        places = try (0..<dataset.count).flatMap { row in
            let turns = try dataset.conversation(at: row).turns
            return turns.indices.filter { turns[$0].isAsked }.map { (row, $0) }
        }
    }

    /// How many there are.
    public var count: Int { places.count }

    /// A question. References are those that the example has beside its conversation (`answers` or `references`: they
    /// are for its last answer), or the answer itself.
    subscript(index: Int) -> Question {
        get throws {
            let (row, turn) = places[index]
            let conversation = try dataset.conversation(at: row)
            let members = try dataset.rows.fields(ofRow: row)
            let turns = Array(conversation.turns[..<turn])
            let pictures = turns.reduce(0) { $0 + $1.text.imageMarkerCount }
            let isLast = turn == conversation.turns.count - 1
            return Question(
                id: Self.id(members, conversation, turn: turn), turns: turns,
                images: Array(conversation.images.prefix(pictures)),
                references: try (isLast ? References(ofRow: members)?.texts : nil) ?? [conversation.turns[turn].text])
        }
    }

    /// A problem with the example of a question.
    func problem(_ index: Int, _ error: any Error) -> any Error {
        let row = places[index].row
        guard error is RowProblem.Reason else { return error }
        let problem = dataset.rows.problem(row, RowProblem.reason(for: error))
        return TrainingError.rows([problem], of: dataset.path, rowCount: dataset.count)
    }

    /// `question_id`, `id`, or the example's number; of several answers in an example each after the first has its turn
    /// behind it.
    private static func id(_ row: JSONValue, _ conversation: Conversation, turn: Int) -> JSONValue {
        let own = [row["question_id"], row["id"]].compactMap(\.self).first { !$0.isNull } ?? .int(conversation.row)
        guard conversation.turns[..<turn].contains(where: { $0.role == .assistant }) else { return own }
        return .string("\(own.stringValue ?? "\(own)")#\(turn)")
    }
}

extension ConversationTurn {
    /// Whether a model's own answer can be compared with it.
    fileprivate var isAsked: Bool { role == .assistant && isLearned && calls.isEmpty }
}
