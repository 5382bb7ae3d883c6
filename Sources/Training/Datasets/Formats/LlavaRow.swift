import Foundation
import Models

/// Writes rows in LLaVA's format.
enum LlavaRow {
    /// `{"id": …, "person": …, "image": […], "conversations": [{"from": …, "value": …}]}`.
    static func json(_ conversation: Conversation) -> JSONValue {
        let turns = conversation.turns.map(turn)
        let images = conversation.images.map { JSONValue.string(path($0)) }
        let members: [JSONValue.Member?] = [
            conversation.id.map { .init("id", .string($0)) },
            conversation.person.map { .init("person", .string($0)) },
            images.isEmpty ? nil : .init("image", .array(images)), .init("conversations", .array(turns)),
        ]
        return .object(members.compactMap(\.self))
    }

    private static func turn(_ turn: ConversationTurn) -> JSONValue {
        let calls = turn.calls.map { call in
            JSONValue.object([
                .init("function", .object([.init("name", .string(call.name)), .init("arguments", call.arguments)]))
            ])
        }
        return .object(
            [.init("from", .string(tag(turn.role))), .init("value", .string(turn.text))]
                + (turn.isLearned ? [] : [.init("weight", .int(0))])
                + (calls.isEmpty ? [] : [.init("tool_calls", .array(calls))]))
    }

    /// A picture's absolute path, or what errors call it where it is no file.
    static func path(_ picture: Picture) -> String {
        guard case .file(let path) = picture.place else { return picture.description }
        return URL(filePath: path).absoluteURL.path
    }

    private static func tag(_ role: ConversationTurn.Role) -> String {
        switch role {
        case .system: "system"
        case .user: "human"
        case .assistant: "gpt"
        case .tool, .function, .ipython: role.rawValue
        }
    }
}
