import Foundation
public import Models

/// Turns examples with one image and one answer into pairs for a contrastive model: the answer is the image's caption,
/// and the question is ignored.
///
/// Only the last token of a pair is marked as supervised, so each pair counts once.
public struct CaptionEncoder: RowEncoder {
    private let tokenizer: any TextEncoder
    private let vocabularySize: Int
    private let endToken: Int?
    /// The most tokens of a text.
    public let lengthLimit: Int?

    /// Creates an encoder for a model's texts.
    public init(tokenizer: any TextEncoder, model: any ContrastiveModel) {
        self.tokenizer = tokenizer
        vocabularySize = model.vocabularySize
        endToken = model.endToken
        lengthLimit = model.maximumTextLength
    }

    /// The tokens of an example's caption.
    ///
    /// - Throws: what is wrong with the example, or what the tokenizer throws.
    public func encode(_ conversation: Conversation) throws -> EncodedExample {
        let answers = conversation.turns.filter { $0.role == .assistant && $0.isLearned }
        guard conversation.images.count == 1 else {
            throw RowProblem.Reason("has \(conversation.images.count) images: expected one image and its caption")
        }
        guard answers.count == 1 else {
            throw RowProblem.Reason("has \(answers.count) answers: expected one image and its caption")
        }
        let ids = try tokens(of: answers[0].text)
        var labels = Array(repeating: PackedBatch.unsupervised, count: ids.count)
        labels[labels.count - 1] = ids[ids.count - 1]
        return EncodedExample(ids: ids, labels: labels, images: conversation.images, row: conversation.row)
    }

    /// A caption without the tokens before its end mark that are too many, as CLIP's tokenizer truncates.
    public func shortened(_ example: EncodedExample, to limit: Int) -> EncodedExample? {
        EncodedExample(
            ids: example.ids.prefix(limit - 1) + example.ids.suffix(1),
            labels: example.labels.prefix(limit - 1) + example.labels.suffix(1), images: example.images,
            row: example.row)
    }

    /// The tokens of a text without surrounding white space; at least two.
    ///
    /// - Throws: what is wrong with the text, or what the tokenizer throws.
    public func tokens(of text: String) throws -> [Int32] {
        let ids = try tokenizer.encode(text.trimmingCharacters(in: .whitespacesAndNewlines)).ids
        if let unknown = ids.first(where: { !(0..<vocabularySize).contains($0) }) {
            throw RowProblem.Reason(
                "has token \(unknown), but the model knows only \(vocabularySize) tokens: its tokenizer and "
                    + "config.json are not of the same model"
            )
        }
        if let endToken, !ids.contains(endToken) {
            throw RowProblem.Reason(
                "has no token \(endToken), which marks the end of a text for the model: its tokenizer and "
                    + "config.json are not of the same model"
            )
        }
        guard ids.count > 1 else { throw RowProblem.Reason("has an empty caption") }
        return ids.map { Int32($0) }
    }
}
