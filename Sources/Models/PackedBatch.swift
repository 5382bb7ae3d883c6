public import Tensors

/// Sequences packed one after another, without padding, for one forward and backward pass.
public struct PackedBatch: Sendable {
    /// Marks a token that is not supervised.
    public static let unsupervised: Int32 = -100

    /// Token ids, image tokens expanded.
    public var tokens: [Int32]
    /// The token id if a token is supervised, otherwise `unsupervised`. Not shifted.
    public var labels: [Int32]
    /// Boundaries of the sequences: 0, then the end of each.
    public var boundaries: [Int]
    /// Which sequences make up an example: the first of each, then their number. One each unless set.
    public var examples: [Int]
    /// Images in the order of their tokens, each as the tiles that its family cuts it into: [tiles, channels, height, width] in
    /// float32.
    public var images: [Tensor]
    /// Instead of images: their features from the model's frozen first layers (`frozenFeatures`), one after the other.
    public var features: Tensor?

    /// Packs sequences with their labels.
    ///
    /// - Parameter images: those of all sequences in the order of their tokens, each its tiles [tiles, channels, height, width].
    public init(sequences: [(tokens: [Int32], labels: [Int32])], images: [Tensor]) {
        tokens = sequences.flatMap(\.tokens)
        labels = sequences.flatMap(\.labels)
        boundaries = sequences.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.tokens.count) }
        examples = Array(0...sequences.count)
        self.images = images
    }

    /// Packs sequences with images of one tile each, [channels, height, width].
    public init(sequences: [(tokens: [Int32], labels: [Int32])], pictures: [Tensor] = []) {
        self.init(sequences: sequences, images: pictures.map { $0.reshaped([1] + $0.shape) })
    }

    /// Packs sequences with the frozen features of their images, [rows, width] each.
    public init(sequences: [(tokens: [Int32], labels: [Int32])], features: [Tensor]) {
        self.init(sequences: sequences, images: [])
        self.features = Tensor.joinedRows(features)
    }

    /// The tiles of all images, which have one size: [tiles, channels, height, width]; `nil` without any.
    public var tiles: Tensor? { Tensor.stacked(images) }

    /// This batch with a sequence of unsupervised tokens at its end, so that its rows are a multiple of so many: matrix
    /// products are compiled for each number of rows, and batches of ever new lengths would need ever new ones.
    ///
    /// - Parameter token: fills the sequence.
    func padded(toMultipleOf multiple: Int, with token: Int32) -> PackedBatch {
        let missing = (multiple - tokens.count % multiple) % multiple
        guard missing > 0 else { return self }
        var result = self
        result.tokens += Array(repeating: token, count: missing)
        result.labels += Array(repeating: Self.unsupervised, count: missing)
        result.boundaries.append(result.tokens.count)
        return result
    }

    /// Where examples begin among the tokens, then the end.
    public var exampleBoundaries: [Int] { examples.map { boundaries[$0] } }

    /// Where examples begin among the tiles of the images, then the end.
    ///
    /// - Parameters:
    ///   - imageToken: stands for one row of features.
    ///   - featuresPerTile: rows of features that each tile becomes.
    func tileBoundaries(imageToken: Int, featuresPerTile: Int) -> [Int] {
        exampleBoundaries.map { end in tokens[..<end].count { $0 == Int32(imageToken) } / max(1, featuresPerTile) }
    }

    /// The place of each token in its sequence.
    public var positions: [Int32] {
        zip(boundaries, boundaries.dropFirst()).flatMap { Array(0..<Int32($1 - $0)) }
    }

    /// Rows whose next token is supervised, and those tokens.
    public var targets: (rows: [Int32], labels: [Int32]) {
        var rows: [Int32] = []
        var next: [Int32] = []
        for (start, end) in zip(boundaries, boundaries.dropFirst()) where end > start {
            for row in start..<end - 1 where labels[row + 1] != Self.unsupervised {
                rows.append(Int32(row))
                next.append(labels[row + 1])
            }
        }
        return (rows, next)
    }
}

extension Tensor {
    /// Constants of one shape but for their number, one after the other: [Σ n, …]; `nil` of none.
    static func stacked(_ parts: [Tensor]) -> Tensor? {
        guard let first = parts.first, parts.count > 1 else { return parts.first }
        precondition(parts.allSatisfy { $0.shape.dropFirst() == first.shape.dropFirst() }, "tiles of several sizes")
        let count = parts.reduce(0) { $0 + $1.shape[0] }
        return Tensor.joinedRows(parts)?.reshaped([count] + first.shape.dropFirst())
    }
}
