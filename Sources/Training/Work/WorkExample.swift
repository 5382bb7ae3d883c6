import Models

/// An example as it is sent: its tokens, which of them are supervised, and the identifiers of its images.
public struct WorkExample: Equatable, Sendable {
    /// The tokens, image tokens expanded.
    public let ids: [Int32]
    /// For each token its id if it is supervised, otherwise `PackedBatch.unsupervised`.
    public let labels: [Int32]
    /// Its images in the order of their tokens.
    public let pictures: [PictureID]

    /// How many tokens count for the loss: the first is never predicted.
    public var supervisedCount: Int { labels.dropFirst().count { $0 != PackedBatch.unsupervised } }
}
