public import Models

/// What work may hold to be taken up: what the model can compute, and how much memory it may take.
public struct WorkLimits: Equatable, Sendable {
    /// Token ids are below it.
    public var vocabularySize: Int
    /// The id of the image token.
    public var imageToken: Int
    /// Image tokens a picture.
    public var tokensPerImage: Int
    /// How many pictures each row has; nil where its image tokens tell.
    public var picturesPerRow: Int?
    /// The most tokens of a row.
    public var maxLength: Int
    /// The most rows.
    public var maxRows = 1 << 16
    /// The most tokens of all rows together; each takes eight bytes.
    public var maxTokens = 1 << 23

    /// Limits of a model that is known by its figures.
    public init(vocabularySize: Int, imageToken: Int, tokensPerImage: Int, maxLength: Int) {
        self.vocabularySize = vocabularySize
        self.imageToken = imageToken
        self.tokensPerImage = tokensPerImage
        self.maxLength = maxLength
    }

    /// The limits that a model sets.
    ///
    /// - Parameter maxLength: the most tokens of a row, the run's `data.max_length`.
    public init(model: any VisionLanguageModel, maxLength: Int) {
        switch model.kind {
        case .generative(let model):
            self.init(
                vocabularySize: model.vocabularySize, imageToken: model.imageToken,
                tokensPerImage: model.tokensPerImage, maxLength: maxLength)
        case .contrastive(let model):
            self.init(
                vocabularySize: model.vocabularySize, imageToken: -1, tokensPerImage: 0,
                maxLength: min(maxLength, model.maximumTextLength))
            picturesPerRow = 1
        }
    }
}
