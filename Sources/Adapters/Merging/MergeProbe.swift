import Foundation
public import Models
import Tensors

/// How far two models' logits are apart on a made-up input: random words, and pictures of noise.
public struct MergeProbe: Sendable, Equatable {
    /// The largest difference of two logits; NaN where one of them is not a finite number.
    public let difference: Float
    /// The largest logit.
    public let largest: Float

    /// Compares two models of one base.
    public init(_ a: any VisionLanguageModel, _ b: any VisionLanguageModel, seed: UInt64 = 1) {
        let (left, right) = (Self.logits(of: a, seed), Self.logits(of: b, seed))
        let isFinite = left.allSatisfy(\.isFinite) && right.allSatisfy(\.isFinite)
        difference = isFinite ? zip(left, right).map { abs($0 - $1) }.max() ?? 0 : .nan
        largest = left.map(abs).max() ?? 0
    }

    private static func logits(of model: any VisionLanguageModel, _ seed: UInt64) -> [Float] {
        var random = SplitMix64(seed: seed)
        let words = (0..<24).map { _ in Int32(random.next(below: model.vocabularySize)) }
        switch model.kind {
        case .generative(let model): return logits(of: model, words, &random)
        case .contrastive(let model): return logits(of: model, words, &random)
        }
    }

    /// Of every token of a text around a picture.
    private static func logits(
        of model: any GenerativeModel, _ words: [Int32], _ random: inout SplitMix64
    ) -> [Float] {
        let words = words.filter { $0 != model.imageToken }
        let tokens =
            words.prefix(4) + Array(repeating: Int32(model.imageToken), count: model.tokensPerImage)
            + words.dropFirst(4)
        let picture = noise([3, model.imageSize, model.imageSize], &random)
        return model.logits(PackedBatch(sequences: [(Array(tokens), Array(tokens))], pictures: [picture])).values
    }

    /// Of every pair of some pictures and texts: their cosines times the scale.
    private static func logits(
        of model: any ContrastiveModel, _ words: [Int32], _ random: inout SplitMix64
    ) -> [Float] {
        let length = min(words.count / 3, model.maximumTextLength)
        let end = model.endToken.map(Int32.init)
        let texts = (0..<3).map { text in
            words[text * length..<(text + 1) * length].dropLast().filter { $0 != end } + [end ?? words[0]]
        }
        let boundaries = texts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
        let pictures = noise([3, 3, model.imageSize, model.imageSize], &random)
        return Tensor.withoutGraph {
            let texts = model.textEmbeddings(texts.flatMap(\.self), boundaries: boundaries)
            let scale = exp(model.logitScale.values[0])
            return model.pictureEmbeddings(pictures).projected(by: [Projection(weight: texts)]).values.map {
                scale * $0
            }
        }
    }

    private static func noise(_ shape: [Int], _ random: inout SplitMix64) -> Tensor {
        Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.nextNormal()) }, shape: shape)
    }
}
