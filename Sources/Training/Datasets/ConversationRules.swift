/// What every example must hold, whatever model it is for.
///
/// A rule gives the reason why an example breaks it, or `nil`; the first broken rule of an example is reported.
enum ConversationRules {
    typealias Rule = @Sendable (Conversation) -> String?

    static let all: [Rule] = [turnOrder, answersHoldText, markersMatchImages, markersStandInQuestions]

    /// The reason why an example cannot be used, if any.
    static func reason(against conversation: Conversation) -> String? {
        for rule in all {
            if let reason = rule(conversation) { return reason }
        }
        return nil
    }

    /// A system turn may come first; then someone asks, and the assistant has the last word. Which turns may follow each other
    /// is for the template to say.
    static let turnOrder: Rule = { conversation in
        let turns = conversation.turns
        let offset = turns.first?.role == .system ? 1 : 0
        guard turns.count > offset else { return "has no question and answer" }
        for (index, turn) in turns.enumerated().dropFirst(offset) {
            let isFirst = index == offset
            guard isFirst ? turn.role != .user : turn.role == .system else { continue }
            let expected = isFirst || turns[index - 1].role == .assistant ? "user" : "assistant"
            let name = conversation.naming.name(ofTurn: index)
            return "\(name): expected the \(expected), found the \(turn.role.rawValue)"
        }
        return turns.last?.role == .assistant ? nil : "ends with a question: expected an answer by the assistant"
    }

    /// There is something to learn in each answer.
    static let answersHoldText: Rule = { conversation in
        for (index, turn) in conversation.turns.enumerated() where turn.role == .assistant && turn.calls.isEmpty {
            if turn.text.allSatisfy(\.isWhitespace) {
                return "\(conversation.naming.name(ofTurn: index)): the answer is empty"
            }
        }
        return nil
    }

    /// Each image has its place.
    static let markersMatchImages: Rule = { conversation in
        let markers = conversation.turns.reduce(0) { $0 + $1.text.imageMarkerCount }
        let images = conversation.images.count
        return markers == images
            ? nil
            : "\(markers) `\(Conversation.imageMarker)` \(markers == 1 ? "marker" : "markers")"
                + " but \(images) \(images == 1 ? "image" : "images"): they must be equal"
    }

    /// Models are not taught to answer with images.
    static let markersStandInQuestions: Rule = { conversation in
        for (index, turn) in conversation.turns.enumerated() where turn.role != .user && turn.text.imageMarkerCount > 0
        {
            let name = conversation.naming.name(ofTurn: index)
            return "\(name): `\(Conversation.imageMarker)` is only allowed in a question"
        }
        return nil
    }
}
