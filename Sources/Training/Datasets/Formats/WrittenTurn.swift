import Models

/// A turn of a conversation as JSON has it: `from` and `value`, or `role` and `content`.
struct WrittenTurn {
    let turn: ConversationTurn
    /// For each `<image>` marker what its block says about the image; `nil` if it is listed elsewhere.
    let pictures: [String?]
    /// Whether it is an answer that is a number or a boolean.
    let isConverted: Bool

    /// A turn whose images are listed elsewhere.
    init(_ turn: ConversationTurn, isConverted: Bool = false) {
        self.turn = turn
        self.isConverted = isConverted
        pictures = Array(repeating: nil, count: turn.text.imageMarkerCount)
    }

    /// A question in a field of its own.
    static func asking(_ text: String) -> WrittenTurn { WrittenTurn(ConversationTurn(.user, text)) }

    /// An answer in a field of its own.
    static func answering(_ answer: SpokenText) -> WrittenTurn {
        WrittenTurn(ConversationTurn(.assistant, answer.text), isConverted: answer.isConverted)
    }

    /// Reads a turn.
    ///
    /// - Parameter isContext: Whether nothing of it is learned.
    /// - Throws: `RowProblem.Reason`.
    init(_ turn: RowValue, isContext: Bool = false) throws {
        let isMessage = turn.key("role", or: "from") == "role"
        let tag = try turn.required(isMessage ? "role" : "from").text()
        guard let role = ConversationTurn.Role(tag: tag) else {
            throw RowProblem.Reason(
                "`\(isMessage ? "role" : "from")` is `\(tag)`: expected human, gpt, user, assistant, system, tool or function"
            )
        }
        let calls = role == .assistant ? try Self.calls(of: turn) : []
        let key = isMessage ? "content" : "value"
        let content =
            calls.isEmpty || turn.member(key) != nil
            ? try Self.content(turn.required(key), isMessage: isMessage, isAnswer: role == .assistant)
            : MessageContent(text: "")
        let isLearned = try role == .assistant && !isContext && Self.isLearned(turn)
        self.turn = ConversationTurn(
            role, content.text, isLearned: role != .assistant || isLearned, calls: calls)
        pictures = content.pictures
        isConverted = content.isConverted
    }

    private static func content(_ value: RowValue, isMessage: Bool, isAnswer: Bool) throws -> MessageContent {
        if isAnswer, value.value.stringValue == nil, let spoken = SpokenText(value.value) {
            return MessageContent(text: spoken.text, isConverted: true)
        }
        if isAnswer, value.value.doubleValue != nil { _ = try value.spoken() }
        return try isMessage ? MessageContent(value) : MessageContent(text: value.text())
    }

    private static func calls(of turn: RowValue) throws -> [ToolCall] {
        if let call = turn.member("function_call"), !call.isEmpty {
            throw call.reason("is OpenAI's older form of a tool call: write it as `tool_calls`")
        }
        guard let calls = turn.member("tool_calls"), !calls.isEmpty else { return [] }
        return try calls.list().map { try ToolCall($0) }
    }

    /// Whether an answer is learned: its `weight`, as OpenAI's fine-tuning format has it.
    private static func isLearned(_ turn: RowValue) throws -> Bool {
        guard let weight = turn.member("weight") else { return true }
        switch weight.value.doubleValue {
        case 0: return false
        case 1: return true
        default:
            throw weight.reason("expected 1, or 0 for an answer that is not trained on, found \(weight.value)")
        }
    }
}

/// What a message says: text, or blocks of text and images.
private struct MessageContent {
    let text: String
    let pictures: [String?]
    var isConverted = false

    init(text: String, isConverted: Bool = false) {
        self.text = text
        self.isConverted = isConverted
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

    /// Joins blocks; a line ends between an image and what stands beside it, as LLaVA's own template has it.
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
    /// The image's path or URL; `nil` if the example lists it.
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
