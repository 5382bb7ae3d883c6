public import Models

/// Limits on work: what the model can compute, and how much memory it may use.
public struct WorkLimits: Equatable, Sendable {
    /// Token ids are below it.
    public var vocabularySize: Int
    /// The id of the image token.
    public var imageToken: Int
    /// The fewest and the most image tokens of an image.
    public var imageTokens: ClosedRange<Int>
    /// Number of images of each example; `nil` if its image tokens determine it.
    public var picturesPerRow: Int?
    /// The most tokens of an example.
    public var maxLength: Int
    /// The most examples.
    public var maxRows = 1 << 16
    /// Maximum total number of tokens of all examples; each takes eight bytes.
    public var maxTokens = 1 << 23

    /// Limits of a model whose images all have the same number of image tokens.
    public init(vocabularySize: Int, imageToken: Int, tokensPerImage: Int, maxLength: Int) {
        self.init(
            vocabularySize: vocabularySize, imageToken: imageToken, imageTokens: tokensPerImage...tokensPerImage,
            maxLength: maxLength)
    }

    /// Limits of a model that is known by its figures.
    public init(vocabularySize: Int, imageToken: Int, imageTokens: ClosedRange<Int>, maxLength: Int) {
        self.vocabularySize = vocabularySize
        self.imageToken = imageToken
        self.imageTokens = imageTokens
        self.maxLength = maxLength
    }

    /// The limits that a model sets.
    ///
    /// - Parameter maxLength: the most tokens of an example, the run's `data.max_length`.
    public init(model: any VisionLanguageModel, maxLength: Int) {
        self = model.objective.workLimits(maxLength: maxLength)
    }
}
