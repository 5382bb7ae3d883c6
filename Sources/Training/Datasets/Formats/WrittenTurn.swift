/// A turn of a conversation as JSON has it: `from` and `value`, or `role` and `content`.
struct WrittenTurn: Decodable {
    let turn: ConversationTurn
    /// For each `<image>` marker what its block says about the picture; nil where it is listed elsewhere.
    let pictures: [String?]

    private enum Key: String, CodingKey {
        case from, value, role, content
    }

    init(from decoder: any Decoder) throws {
        let turn = try decoder.container(keyedBy: Key.self)
        let isMessage = turn.contains(.role)
        let tag = try turn.decode(String.self, forKey: isMessage ? .role : .from)
        guard let role = ConversationTurn.Role(tag: tag) else {
            throw RowProblem.Reason(
                "`\(isMessage ? "role" : "from")` is `\(tag)`: expected human, gpt, user, assistant or system")
        }
        let content =
            try isMessage
            ? turn.decode(MessageContent.self, forKey: .content)
            : MessageContent(text: turn.decode(String.self, forKey: .value))
        self.turn = ConversationTurn(role, content.text)
        pictures = content.pictures
    }
}

/// What a message says: text, or blocks of text and pictures.
private struct MessageContent: Decodable {
    let text: String
    let pictures: [String?]

    init(text: String) {
        self.text = text
        pictures = Array(repeating: nil, count: text.imageMarkerCount)
    }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            self.init(text: text)
        } else if (try? value.decode([Anything].self)) != nil {
            self.init(blocks: try value.decode([MessageBlock].self))
        } else {
            throw RowProblem.Reason("\(RowProblem.place(decoder.codingPath))expected text or a list of blocks")
        }
    }

    /// Joins blocks; a line ends between a picture and what stands beside it, as LLaVA's own template has it.
    private init(blocks: [MessageBlock]) {
        var text = ""
        var pictures: [String?] = []
        for (index, block) in blocks.enumerated() {
            if index > 0, block.isPicture || blocks[index - 1].isPicture { text += "\n" }
            text += block.isPicture ? Conversation.imageMarker : block.text
            pictures += block.isPicture ? [block.reference] : Array(repeating: nil, count: block.text.imageMarkerCount)
        }
        self.text = text
        self.pictures = pictures
    }
}

/// A value of any kind.
private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
}

/// `{"type": "text", "text": …}`, `{"type": "image", "image"|"path"|"url": …}` or
/// `{"type": "image_url", "image_url": {"url": …}}`.
private struct MessageBlock: Decodable {
    var isPicture = true
    var text = ""
    /// The picture's path or URL; nil where the row lists it.
    var reference: String?

    private enum Key: String, CodingKey {
        case type, text, image, path, url
        case imageURL = "image_url"
    }

    private struct URLObject: Decodable { let url: String }

    init(from decoder: any Decoder) throws {
        let block = try decoder.container(keyedBy: Key.self)
        switch try block.decode(String.self, forKey: .type) {
        case "text":
            isPicture = false
            text = try block.decode(String.self, forKey: .text)
        case "image":
            for key in [Key.image, .path, .url] where reference == nil {
                reference = try block.decodeIfPresent(String.self, forKey: key)
            }
        case "image_url":
            reference =
                try (try? block.decode(String.self, forKey: .imageURL))
                ?? block.decode(URLObject.self, forKey: .imageURL).url
        case let type:
            throw RowProblem.Reason(
                "\(RowProblem.place(decoder.codingPath))is a block of type `\(type)`:"
                    + " expected text, image or image_url")
        }
    }
}
