public import Models
import Tensors

/// How far two models' logits are apart on a made-up input: random words around a picture of noise.
public struct MergeProbe: Sendable, Equatable {
    /// The largest difference of two logits.
    public let difference: Float
    /// The largest logit.
    public let largest: Float

    /// Compares two models of one base.
    public init(_ a: any VisionLanguageModel, _ b: any VisionLanguageModel, seed: UInt64 = 1) {
        let batch = Self.batch(for: a, seed: seed)
        let (left, right) = (a.logits(batch).values, b.logits(batch).values)
        difference = zip(left, right).map { abs($0 - $1) }.max() ?? 0
        largest = left.map(abs).max() ?? 0
    }

    private static func batch(for model: any VisionLanguageModel, seed: UInt64) -> PackedBatch {
        var random = SplitMix64(seed: seed)
        let words = (0..<24).map { _ in Int32(random.next(below: model.vocabularySize)) }
            .filter { $0 != model.imageToken }
        let tokens =
            words.prefix(4) + Array(repeating: Int32(model.imageToken), count: model.tokensPerImage)
            + words.dropFirst(4)
        let size = model.imageSize
        let picture = Tensor((0..<3 * size * size).map { _ in Float(random.nextNormal()) }, shape: [3, size, size])
        return PackedBatch(sequences: [(Array(tokens), Array(tokens))], pictures: [picture])
    }
}
