import Models

/// A turn of a conversation as JSON has it: `from` and `value`, or `role` and `content`.
struct WrittenTurn {
    let turn: ConversationTurn
    /// For each `<image>` marker what its block says about the picture; nil where it is listed elsewhere.
    let pictures: [String?]

    /// Reads a turn.
    ///
    /// - Throws: `RowProblem.Reason`.
    init(_ turn: RowValue) throws {
        let isMessage = turn.member("role") != nil || !turn.has("from") && turn.has("role")
        let tag = try turn.required(isMessage ? "role" : "from").text()
        guard let role = ConversationTurn.Role(tag: tag) else {
            throw RowProblem.Reason(
                "`\(isMessage ? "role" : "from")` is `\(tag)`: expected human, gpt, user, assistant or system")
        }
        try Self.refuse(turn, of: role)
        let content =
            try isMessage
            ? MessageContent(turn.required("content")) : MessageContent(text: turn.required("value").text())
        self.turn = ConversationTurn(role, content.text)
        pictures = content.pictures
    }

    /// Refuses what would change the turn's meaning and is not done.
    private static func refuse(_ turn: RowValue, of role: ConversationTurn.Role) throws {
        if let calls = turn.member("tool_calls"), !calls.isEmpty {
            throw calls.reason("calls of tools are not supported: leave such rows out")
        }
        if role == .assistant, let weight = turn.member("weight"), weight.value.doubleValue != 1 {
            throw weight.reason("expected 1, found \(weight.value): every answer is learned")
        }
    }
}

/// What a message says: text, or blocks of text and pictures.
private struct MessageContent {
    let text: String
    let pictures: [String?]

    init(text: String) {
        self.text = text
        pictures = Array(repeating: nil, count: text.imageMarkerCount)
    }

    init(_ content: RowValue) throws {
        if let text = content.value.stringValue {
            self.init(text: text)
        } else if content.value.arrayValue != nil {
            self.init(blocks: try content.list().map(MessageBlock.init))
        } else {
            throw content.reason("expected text or a list of blocks")
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

/// `{"type": "text", "text": …}`, `{"type": "image", "image"|"path"|"url": …}` or
/// `{"type": "image_url", "image_url": {"url": …}}`.
private struct MessageBlock {
    var isPicture = true
    var text = ""
    /// The picture's path or URL; nil where the row lists it.
    var reference: String?

    init(_ block: RowValue) throws {
        switch try block.required("type").text() {
        case "text":
            isPicture = false
            text = try block.required("text").text()
        case "image":
            for key in ["image", "path", "url"] where reference == nil {
                reference = try block.member(key)?.reference()
            }
        case "image_url":
            let address = try block.required("image_url")
            reference = try address.value.stringValue ?? address.required("url").text()
        case let type:
            throw block.reason("is a block of type `\(type)`: expected text, image or image_url")
        }
    }
}
