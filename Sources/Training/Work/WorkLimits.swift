public import Models

/// What work may hold to be taken up: what the model can compute, and how much memory it may take.
public struct WorkLimits: Equatable, Sendable {
    /// Token ids are below it.
    public var vocabularySize: Int
    /// The id of the image token.
    public var imageToken: Int
    /// The fewest and the most image tokens of an image.
    public var imageTokens: ClosedRange<Int>
    /// How many images each example has; `nil` if its image tokens tell.
    public var picturesPerRow: Int?
    /// The most tokens of an example.
    public var maxLength: Int
    /// The most examples.
    public var maxRows = 1 << 16
    /// The most tokens of all examples together; each takes eight bytes.
    public var maxTokens = 1 << 23

    /// Limits of a model all of whose images have as many image tokens.
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
