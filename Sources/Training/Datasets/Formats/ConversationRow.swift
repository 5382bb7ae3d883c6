import Foundation

/// A row of JSON that holds a conversation, in LLaVA's, ShareGPT's or OpenAI's format; or pictures with a `caption` or `text`,
/// which is an answer to nothing.
///
/// Pictures stand where the text has `<image>`, and are listed in `image` or `images`; or they are blocks of the text.
struct ConversationRow: DecodableWithConfiguration {
    let id: String?
    let person: String?
    /// What is written for each picture, in the order of the markers.
    let images: [String]
    let turns: [ConversationTurn]

    private enum Key: String, CodingKey {
        case id, person, image, images, conversations, messages, caption, text
    }

    /// Decodes a row.
    ///
    /// - Parameter format: What the row must be; nil takes any of the three.
    /// - Throws: `RowProblem.Reason` or what `JSONDecoder` throws.
    init(_ bytes: Data, as format: DataFormat?) throws {
        try MappedText.check(bytes)
        self = try JSONDecoder().decode(Self.self, from: bytes, configuration: format)
    }

    init(from decoder: any Decoder, configuration format: DataFormat?) throws {
        let row = try decoder.container(keyedBy: Key.self)
        id = try row.decodeIfPresent(RowIdentifier.self, forKey: .id)?.text
        person = try row.decodeIfPresent(RowIdentifier.self, forKey: .person)?.text
        let image = try row.decodeIfPresent(WrittenReferences.self, forKey: .image)?.texts
        let images = try row.decodeIfPresent(WrittenReferences.self, forKey: .images)?.texts
        guard image == nil || images == nil else { throw RowProblem.Reason("has both `image` and `images`: give one") }
        if let caption = try Self.caption(of: row, format) {
            let listed = image ?? images ?? []
            self.images = listed
            turns = [
                ConversationTurn(.user, String(repeating: Conversation.imageMarker, count: listed.count)),
                ConversationTurn(.assistant, caption),
            ]
            return
        }
        let turns = try row.decode([WrittenTurn].self, forKey: Self.key(of: row, format))
        self.turns = turns.map(\.turn)
        self.images = Self.inOrder(turns.flatMap(\.pictures), listed: image ?? images ?? [])
    }

    /// The `caption` or `text` of a row that holds no conversation.
    private static func caption(of row: KeyedDecodingContainer<Key>, _ format: DataFormat?) throws -> String? {
        guard format == nil || format == .llava, !row.contains(.conversations), !row.contains(.messages),
            let key = [Key.caption, .text].first(where: row.contains)
        else { return nil }
        return try row.decode(String.self, forKey: key)
    }

    private static func key(of row: KeyedDecodingContainer<Key>, _ format: DataFormat?) -> Key {
        switch format {
        case .llava: .conversations
        case .messages: .messages
        default: row.contains(.messages) ? .messages : .conversations
        }
    }

    /// The pictures of all markers: those that blocks bring, and the listed ones for the others. Where their numbers do not
    /// fit, all of them in some order: they are counted before they are used.
    private static func inOrder(_ markers: [String?], listed: [String]) -> [String] {
        guard markers.count(where: { $0 == nil }) == listed.count else { return markers.compactMap(\.self) + listed }
        var rest = listed[...]
        return markers.compactMap { $0 ?? rest.popFirst() }
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

/// One picture's path or URL, or a list of them.
private struct WrittenReferences: Decodable {
    let texts: [String]

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            texts = text.isEmpty ? [] : [text]
        } else if let list = try? value.decode([String].self) {
            texts = list
        } else {
            throw RowProblem.Reason("\(RowProblem.place(decoder.codingPath))expected a path or a list of paths")
        }
    }
}
