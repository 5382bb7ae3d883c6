import Models

/// Turns conversations into tokens and labels.
///
/// Each `<image>` becomes the model's image tokens, the whole conversation is written by the template and tokenised
/// once, and a token is supervised if its text overlaps an answer (including the end mark).
public struct ExampleEncoder: Sendable {
    private let tokenizer: any TextEncoder
    private let template: ConversationTemplate
    private let marks: TextMarks
    /// What stands before every text: the mark that the template begins with, where the tokenizer does not put it there.
    private let prefix: String
    private let image: ImagePlaceholder
    private let vocabularySize: Int

    /// Creates an encoder.
    ///
    /// - Parameters:
    ///   - tokenizer: The model's tokenizer.
    ///   - template: The conversation template.
    ///   - marks: The tokenizer's marks.
    ///   - image: The placeholder for an image.
    ///   - vocabularySize: The size of the model's vocabulary.
    public init(
        tokenizer: any TextEncoder, template: ConversationTemplate, marks: TextMarks, image: ImagePlaceholder,
        vocabularySize: Int = .max
    ) {
        self.tokenizer = tokenizer
        self.template = template
        self.marks = marks
        prefix = template.beginsWithMark && !Self.puts(marks.beginningOfText, tokenizer) ? marks.beginningOfText : ""
        self.image = image
        self.vocabularySize = vocabularySize
    }

    /// Creates an encoder for a template whose only mark is the end of a text.
    public init(
        tokenizer: any TextEncoder, template: ConversationTemplate, endOfText: String, image: ImagePlaceholder,
        vocabularySize: Int = .max
    ) {
        self.init(
            tokenizer: tokenizer, template: template, marks: TextMarks(endOfText: endOfText), image: image,
            vocabularySize: vocabularySize)
    }

    /// The tokens and labels of a conversation.
    ///
    /// - Throws: What is wrong with the conversation, or what the tokenizer throws.
    public func encode(_ conversation: Conversation) throws -> EncodedExample {
        if let reason = template.reason(against: conversation.turns, name: conversation.naming.name(ofTurn:)) {
            throw RowProblem.Reason(reason)
        }
        let (turns, imageTokens) = try withImageTokens(conversation.turns, conversation.images)
        let rendered = template.render(turns, marks: marks).after(prefix)
        let (ids, offsets) = try tokenizer.encode(rendered.text)
        try checkImageTokens(ids, expected: imageTokens, imageCount: conversation.images.count)
        try checkVocabulary(ids)
        let tokens = ids.map { Int32($0) }
        let labels = zip(tokens, offsets).map { token, span in
            rendered.answers.contains { $0.overlapsToken(span) } ? token : PackedBatch.unsupervised
        }
        return EncodedExample(ids: tokens, labels: labels, images: conversation.images, row: conversation.row)
    }

    /// The tokens of a prompt that ends with an unanswered question.
    ///
    /// - Parameter images: The images, in the order of the `<image>` markers.
    /// - Throws: What is wrong with the turns or an image, or what the tokenizer throws.
    public func encodePrompt(_ turns: [ConversationTurn], images: [Picture] = []) throws -> [Int32] {
        if let reason = template.reason(against: turns, name: { "turn \($0)" }) { throw RowProblem.Reason(reason) }
        let text = prefix + template.prompt(try withImageTokens(turns, images).turns, marks: marks)
        return try tokenizer.encode(text).ids.map { Int32($0) }
    }

    /// Whether a tokenizer begins every text with a mark.
    private static func puts(_ mark: String, _ tokenizer: any TextEncoder) -> Bool {
        guard !mark.isEmpty, let ids = try? tokenizer.encode(mark).ids else { return true }
        // A mark that the text brings itself then stands beside the tokenizer's own.
        return ids.count > 1 && ids[0] == ids[1]
    }

    /// The turns with what stands for each image in the place of its marker, and how many image tokens that makes.
    private func withImageTokens(
        _ turns: [ConversationTurn], _ images: [Picture]
    ) throws -> (turns: [ConversationTurn], count: Int) {
        var expansions = try images.map { try image.expansion(of: $0) }[...]
        let count = expansions.reduce(0) { $0 + $1.count }
        let written = try turns.map { turn in
            let pieces = (template.imagePlaces?(turn) ?? turn.text).piecesBetweenImageMarkers
            var text = pieces.first.map { String($0) } ?? ""
            for piece in pieces.dropFirst() {
                guard let expansion = expansions.popFirst() ?? image.fixedExpansion else {
                    throw RowProblem.Reason("has more `\(Conversation.imageMarker)` markers than images")
                }
                text += expansion.text + piece
            }
            return turn.saying(text)
        }
        return (written, count)
    }

    private func checkVocabulary(_ ids: [Int]) throws {
        guard let unknown = ids.first(where: { !(0..<vocabularySize).contains($0) }) else { return }
        throw RowProblem.Reason(
            "has token \(unknown), but the model knows only \(vocabularySize) tokens: tokenizer.json and "
                + "config.json are not of the same model"
        )
    }

    /// Text that itself holds the image token would shift every image behind it.
    private func checkImageTokens(_ ids: [Int], expected: Int, imageCount: Int) throws {
        let found = ids.count { $0 == image.id }
        guard found == expected else {
            throw RowProblem.Reason(
                "has \(found) image tokens, expected \(expected) for \(imageCount) "
                    + "\(imageCount == 1 ? "image" : "images"): its text must not contain `\(image.token)` itself"
            )
        }
    }
}

extension Range<Int> {
    /// Whether a token's span is in this span with at least one position (an empty one: strictly inside).
    fileprivate func overlapsToken(_ token: Range<Int>) -> Bool {
        lowerBound < token.upperBound && token.lowerBound < upperBound
    }
}
