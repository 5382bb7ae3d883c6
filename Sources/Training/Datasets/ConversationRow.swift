/// A row as LLaVA's format writes it: `{"id": …, "image": …, "conversations": [{"from": …, "value": …}]}`; or a picture with
/// its caption, `{"image": …, "caption": …}` or `{"image": …, "text": …}`, which is a conversation that nobody begins.
struct ConversationRow: Decodable {
    let id: String?
    let person: String?
    let images: [String]
    let turns: [ConversationTurn]

    private enum Key: String, CodingKey {
        case id, person, image, images, conversations, caption, text
    }

    init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: Key.self)
        id = try row.decodeIfPresent(RowIdentifier.self, forKey: .id)?.text
        person = try row.decodeIfPresent(RowIdentifier.self, forKey: .person)?.text
        let image = try row.decodeIfPresent(Paths.self, forKey: .image)?.paths
        let images = try row.decodeIfPresent(Paths.self, forKey: .images)?.paths
        guard image == nil || images == nil else { throw RowProblem.Reason("has both `image` and `images`: give one") }
        self.images = image ?? images ?? []
        turns =
            try Self.captionTurns(row, images: self.images.count)
            ?? row.decode([Turn].self, forKey: .conversations).map(\.turn)
    }

    /// The turns of a row that has a caption and no conversation.
    private static func captionTurns(_ row: KeyedDecodingContainer<Key>, images: Int) throws -> [ConversationTurn]? {
        guard !row.contains(.conversations), let key = [Key.caption, .text].first(where: row.contains) else {
            return nil
        }
        let markers = String(repeating: Conversation.imageMarker, count: images)
        return [
            ConversationTurn(.user, markers), ConversationTurn(.assistant, try row.decode(String.self, forKey: key)),
        ]
    }
}

/// A row's identifier: text in most datasets, a number in some.
struct RowIdentifier: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        text = try (try? value.decode(String.self)) ?? String(value.decode(Int.self))
    }
}

/// One picture's path, or a list of them.
private struct Paths: Decodable {
    let paths: [String]

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let path = try? value.decode(String.self) {
            paths = path.isEmpty ? [] : [path]
        } else if let list = try? value.decode([String].self) {
            paths = list
        } else {
            throw RowProblem.Reason(
                "`\(decoder.codingPath.last?.stringValue ?? "image")`: expected a path or a list of paths")
        }
    }
}

/// A turn, whose speaker must be known.
private struct Turn: Decodable {
    let turn: ConversationTurn

    private enum Key: String, CodingKey {
        case from, value
    }

    init(from decoder: any Decoder) throws {
        let turn = try decoder.container(keyedBy: Key.self)
        let tag = try turn.decode(String.self, forKey: .from)
        guard let role = ConversationTurn.Role(tag: tag) else {
            throw RowProblem.Reason("`from` is `\(tag)`: expected human, gpt, user, assistant or system")
        }
        self.turn = ConversationTurn(role, try turn.decode(String.self, forKey: .value))
    }
}
