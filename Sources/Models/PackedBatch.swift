public import Tensors

/// Sequences packed one after another, without padding: what one forward and backward pass takes.
public struct PackedBatch: Sendable {
    /// Marks a token that is not supervised.
    public static let unsupervised: Int32 = -100

    /// Token ids, image tokens expanded.
    public var tokens: [Int32]
    /// The id itself where a token is supervised, `unsupervised` elsewhere; not shifted.
    public var labels: [Int32]
    /// Boundaries of the sequences: 0, then the end of each.
    public var boundaries: [Int]
    /// Which sequences make up an example: the first of each, then their number. One each unless set.
    public var examples: [Int]
    /// Pictures in the order of their tokens, [n, channels, height, width] in float32; nil without any.
    public var pixels: Tensor?
    /// In their place, what the model's frozen first layers make of the pictures (`frozenFeatures`), one after the other.
    public var features: Tensor?

    /// Packs sequences with their labels; `pictures` are those of all sequences, in order, each [channels, height, width].
    public init(sequences: [(tokens: [Int32], labels: [Int32])], pictures: [Tensor] = []) {
        tokens = sequences.flatMap(\.tokens)
        labels = sequences.flatMap(\.labels)
        boundaries = sequences.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.tokens.count) }
        examples = Array(0...sequences.count)
        pixels = pictures.first.map { first in
            Tensor(pictures.flatMap(\.values), shape: [pictures.count] + first.shape)
        }
    }

    /// Packs sequences with the pixel values of their pictures, all of one size.
    public init(sequences: [(tokens: [Int32], labels: [Int32])], pictures: [PixelValues]) {
        self.init(sequences: sequences)
        pixels = pictures.first.map { first in
            Tensor(pictures.flatMap(\.values), shape: [pictures.count, 3, first.height, first.width])
        }
    }

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

    /// Packs sequences with what frozen layers make of their pictures, [rows, width] each.
    public init(sequences: [(tokens: [Int32], labels: [Int32])], features: [Tensor]) {
        self.init(sequences: sequences)
        self.features = Tensor.joinedRows(features)
    }

    /// Where examples begin among the tokens, then the end.
    public var exampleBoundaries: [Int] { examples.map { boundaries[$0] } }

    /// Where examples begin among the pictures, then the end.
    public func pictureBoundaries(imageToken: Int, tokensPerImage: Int) -> [Int] {
        exampleBoundaries.map { end in tokens[..<end].count { $0 == Int32(imageToken) } / max(1, tokensPerImage) }
    }

    /// The place of each token in its sequence.
    public var positions: [Int32] {
        zip(boundaries, boundaries.dropFirst()).flatMap { Array(0..<Int32($1 - $0)) }
    }

    /// Rows whose next token is supervised, and those tokens: where a loss is.
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
