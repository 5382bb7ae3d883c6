import Models

/// An example as it travels: tokens, which of them are learned, and what stands for its images.
public struct WorkExample: Equatable, Sendable {
    /// The tokens, image tokens expanded.
    public let ids: [Int32]
    /// For each token itself where it is learned, else `PackedBatch.unsupervised`.
    public let labels: [Int32]
    /// Its images in the order of their tokens.
    public let pictures: [PictureID]

    /// How many tokens count for the loss: the first is never predicted.
    public var supervisedCount: Int { labels.dropFirst().count { $0 != PackedBatch.unsupervised } }
}
