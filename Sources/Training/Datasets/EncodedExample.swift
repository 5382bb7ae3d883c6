import Models

/// A conversation as model input.
public struct EncodedExample: Equatable, Sendable {
    /// The tokens.
    public let ids: [Int32]
    /// For each token its id if it is supervised, otherwise `PackedBatch.unsupervised`.
    public let labels: [Int32]
    /// Its images, in the order of their tokens.
    public let images: [Picture]
    /// The example that it comes from, from 0.
    public let row: Int

    /// Creates an example.
    public init(ids: [Int32], labels: [Int32], images: [Picture], row: Int) {
        self.ids = ids
        self.labels = labels
        self.images = images
        self.row = row
    }

    /// How many tokens count for the loss: the first is never predicted.
    public var supervisedCount: Int { labels.dropFirst().count { $0 != PackedBatch.unsupervised } }
}
