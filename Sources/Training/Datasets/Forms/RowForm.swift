import Models

/// A form of examples: how an example says its conversation.
struct RowForm: Sendable {
    /// The form's format.
    let format: DataFormat
    /// Whether an example is of this form, by its names alone.
    let recognises: @Sendable (JSONValue) -> Bool
    /// What an example of this form says.
    let read: @Sendable (RowValue, RowReading) throws -> RowContent
}

/// How examples are read.
struct RowReading: Sendable {
    /// What examples must be; `nil` takes each example for what it is.
    var format: DataFormat?
    /// Column names.
    var columns = ColumnMapping()
    /// What images with nothing but a caption are asked.
    var question = CaptionRows.defaultQuestion
}

/// What an example says, before its images are put in their places.
struct RowContent {
    /// The turns; a system's may be the first.
    var turns: [WrittenTurn]
    /// What messages call the turns.
    var naming = TurnNaming()
    /// Whether images come before the first question where no text says where they belong.
    var placesPictures = false
    /// The images, where the form has them under a name of its own.
    var pictures: [String]?

    /// An example of questions and answers in fields of their own.
    init(_ turns: [WrittenTurn], naming: TurnNaming = TurnNaming(), pictures: [String]? = nil) {
        self.turns = turns
        self.naming = naming
        self.pictures = pictures
        placesPictures = true
    }

    /// An example that lists its turns.
    init(list turns: [WrittenTurn], naming: TurnNaming) {
        self.turns = turns
        self.naming = naming
    }

    /// Puts images before the first question, each on a line of its own, where nothing says where they belong.
    mutating func place(_ count: Int) {
        guard placesPictures, count > 0, turns.allSatisfy({ $0.pictures.isEmpty }),
            let first = turns.firstIndex(where: { $0.turn.role == .user })
        else { return }
        let markers = Array(repeating: Conversation.imageMarker, count: count)
        let text = turns[first].turn.text
        let lines = markers + (text.isEmpty ? [] : [text])
        turns[first] = WrittenTurn(turns[first].turn.saying(lines.joined(separator: "\n")))
    }
}
