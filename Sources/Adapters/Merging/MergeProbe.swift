public import Models

/// How far two models' logits are apart on a made-up input: random words, and images of noise.
public struct MergeProbe: Sendable, Equatable {
    /// The largest difference of two logits; NaN if one of them is not finite.
    public let difference: Float
    /// The largest logit.
    public let largest: Float

    /// Compares two models of one base.
    public init(_ a: any VisionLanguageModel, _ b: any VisionLanguageModel, seed: UInt64 = 1) {
        let (left, right) = (a.probed(seed: seed), b.probed(seed: seed))
        let isFinite = left.allSatisfy(\.isFinite) && right.allSatisfy(\.isFinite)
        difference = isFinite ? zip(left, right).map { abs($0 - $1) }.max() ?? 0 : .nan
        largest = left.map(abs).max() ?? 0
    }
}
