import Models

/// A form of rows: how a row says its conversation.
struct RowForm: Sendable {
    /// The form's format.
    let format: DataFormat
    /// Whether a row is of this form, by its names alone.
    let recognises: @Sendable (JSONValue) -> Bool
    /// What a row of this form says.
    let read: @Sendable (RowValue, RowReading) throws -> RowContent
}

/// How rows are read.
struct RowReading: Sendable {
    /// What rows must be; nil takes each row for what it is.
    var format: DataFormat?
    /// Which column holds what.
    var columns = ColumnMapping()
    /// What pictures with nothing but a caption are asked.
    var question = CaptionRows.defaultQuestion
}

/// What a row says, before its pictures are put in their places.
struct RowContent {
    /// The turns; a system's may be the first.
    var turns: [WrittenTurn]
    /// What messages call the turns.
    var naming = TurnNaming()
    /// Whether pictures come before the first question where no text says where they belong.
    var placesPictures = false
    /// The pictures, where the form has them under a name of its own.
    var pictures: [String]?

    /// A row of questions and answers in fields of their own.
    init(_ turns: [WrittenTurn], naming: TurnNaming = TurnNaming(), pictures: [String]? = nil) {
        self.turns = turns
        self.naming = naming
        self.pictures = pictures
        placesPictures = true
    }

    /// A row that lists its turns.
    init(list turns: [WrittenTurn], naming: TurnNaming) {
        self.turns = turns
        self.naming = naming
    }

    /// Puts pictures before the first question, each on a line of its own, where nothing says where they belong.
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
