import Foundation
import Models

/// Writes examples in LLaVA's format.
enum LlavaRow {
    /// `{"id": …, "person": …, "image": […], "conversations": [{"from": …, "value": …}]}`.
    ///
    /// - Throws: `TrainingError` if an image that is in no file of its own cannot be read; its bytes are written.
    static func json(_ conversation: Conversation) throws -> JSONValue {
        let turns = conversation.turns.map(turn)
        let images = try conversation.images.map { JSONValue.string(try reference($0)) }
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

    /// An image's absolute path, or its bytes as a `data:` URL where it is in no file of its own.
    ///
    /// - Throws: `TrainingError` if it cannot be read.
    static func reference(_ picture: Picture) throws -> String {
        guard case .file(let path) = picture.place else {
            return DataURL.bytesPrefix + (try picture.contents().base64EncodedString())
        }
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
