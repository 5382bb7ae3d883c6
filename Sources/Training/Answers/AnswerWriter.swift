public import Models
import Tensors

/// Answers questions about images: writes the prompt, reads the images, and lets a model continue.
public struct AnswerWriter: Sendable {
    private let generator: TextGenerator
    private let encoder: ExampleEncoder
    private let reader: PictureReader

    /// Creates a writer.
    ///
    /// - Parameters:
    ///   - model: the model that answers.
    ///   - tokenizer: its tokenizer.
    ///   - encoder: encodes conversations as in training.
    ///   - layout: the model's image layout.
    ///   - settings: generation settings.
    /// - Throws: `ModelError` if a setting is invalid.
    public init(
        _ model: any GenerativeModel, tokenizer: Tokenizer, encoder: ExampleEncoder, layout: any ImageLayout,
        settings: GenerationSettings
    ) throws {
        generator = try TextGenerator(model, tokenizer: tokenizer, settings: settings)
        self.encoder = encoder
        reader = PictureReader(layout)
    }

    /// A prompt as model input.
    public struct Prompt: Sendable {
        /// The tokens, image tokens expanded.
        public let tokens: [Int32]
        fileprivate let images: [Tensor]
    }

    /// Prepares a prompt.
    ///
    /// - Parameters:
    ///   - turns: a conversation that ends with a question.
    ///   - images: the images, in the order of the `<image>` markers.
    /// - Throws: what is wrong with an image.
    public func prompt(_ turns: [ConversationTurn], images: [Picture]) throws -> Prompt {
        Prompt(
            tokens: try encoder.encodePrompt(turns, images: images), images: try images.map { try reader.tiles(of: $0) }
        )
    }

    /// Answers a prompt.
    ///
    /// - Parameter onToken: called for each token as it is chosen, with the newly completed text, which is often empty.
    /// - Throws: `ModelError` if the prompt does not fit the model, or its scores are not finite.
    public func answer(
        _ prompt: Prompt, onToken: (_ token: Int32, _ text: String) -> Void = { _, _ in }
    ) throws -> GeneratedText {
        try generator.generate(prompt.tokens, images: prompt.images, onToken: onToken)
    }
}
