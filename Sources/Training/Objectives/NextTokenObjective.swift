public import Foundation
public import Models
public import Tensors

/// To continue a text with images in it: the cross-entropy of the next token.
public struct NextTokenObjective: ExampleObjective {
    let generative: any GenerativeModel

    /// The objective of a model that continues texts.
    public init?(_ model: any VisionLanguageModel) {
        guard let model = model as? any GenerativeModel else { return nil }
        self.init(model)
    }

    init(_ model: any GenerativeModel) { generative = model }

    /// The model.
    public var model: any VisionLanguageModel { generative }
    /// A loss of single tokens.
    public var lossName: String { "the loss of the next token" }
    /// Whether greedy generation would write the answers.
    public var criterion: Evaluation.Criterion { .exactMatch }
    /// The model's fixed number, or the number for the largest image.
    public func mostImageTokens(_ folder: URL) throws -> Int {
        let range = generative.imageTokens
        return range.lowerBound == range.upperBound
            ? range.lowerBound : try generative.imageLayout(folder).mostTokens
    }
    /// Positions of the decoder.
    public var maximumTokens: Int { generative.maximumPositions }

    /// The summed cross-entropy over the supervised tokens.
    public func loss(_ batch: PackedBatch, checkpointing: Bool) -> Tensor {
        generative.loss(batch, checkpointing: checkpointing)
    }

    /// The vocabulary, and image tokens that fit the images.
    public func workLimits(maxLength: Int) -> WorkLimits {
        WorkLimits(
            vocabularySize: generative.vocabularySize, imageToken: generative.imageToken,
            imageTokens: generative.imageTokens, maxLength: maxLength)
    }

    /// The mean loss of supervised tokens, and the share of examples whose answers greedy generation would write.
    public func evaluation(of source: any RowSource, lanes: Lanes) throws -> Evaluation {
        let parts = Evaluation.parts(source)
        let tree = Locked(
            TreeSum<(loss: Double, exact: Int)>(count: parts.count) { ($0.loss + $1.loss, $0.exact + $1.exact) })
        try lanes.forEach(parts.count) { index in
            let scored = generative.scored(try source.batch(of: Array(parts[index])))
            tree.withLock { $0.insert((scored.loss, scored.isExact.count { $0 }), at: index) }
        }
        guard let total = tree.withLock({ $0.total }) else {
            throw TrainingError(.invalidDataset, "there are no examples to evaluate on")
        }
        let tokens = (0..<source.count).reduce(0) { $0 + source.supervisedCount(at: $1) }
        return Evaluation(
            loss: total.loss / Double(max(1, tokens)), supervisedTokens: tokens, rows: source.count,
            rightShare: Double(total.exact) / Double(max(1, source.count)), criterion: criterion)
    }
}
