public import Tensors

/// A model that continues a text with images in it, trained by the cross-entropy of the next token.
public protocol GenerativeModel: VisionLanguageModel {
    /// The output embedding.
    var head: Projection { get }
    /// The id of the token that stands for one row of image features.
    var imageToken: Int { get }
    /// The fewest and the most image tokens that an image can have.
    var imageTokens: ClosedRange<Int> { get }
    /// How many rows of features an image becomes: its image tokens.
    ///
    /// - Parameter image: the image's tiles, [tiles, channels, height, width].
    func featureCount(of image: Tensor) -> Int
    /// The last hidden states [rows, width] that the head takes; rows that follow are of no meaning.
    ///
    /// - Parameters:
    ///   - batch: packed sequences; as many image tokens as their images have features.
    ///   - rows: the tokens whose states are wanted, in rising order.
    ///   - checkpointing: compute layers again in the backward pass instead of keeping their results.
    func hiddenStates(_ batch: PackedBatch, of rows: [Int32], checkpointing: Bool) -> Tensor
    /// Positions that the model was made for.
    var maximumPositions: Int { get }
    /// The memory of a sequence of which there is nothing yet.
    func newCache() -> DecoderCache
    /// The last hidden states [tokens, width] of the next tokens of a sequence, without a graph.
    ///
    /// - Parameters:
    ///   - tokens: ids below `vocabularySize`; as many image tokens as the images have features.
    ///   - images: in the order of their tokens, each its tiles [tiles, channels, height, width] in float32.
    ///   - cache: of this sequence and model; takes the tokens in.
    func hiddenStates(_ tokens: [Int32], images: [Tensor], cache: DecoderCache) -> Tensor
}

extension GenerativeModel {
    /// The summed cross-entropy over the supervised tokens of a batch: one number, differentiable.
    public func loss(_ batch: PackedBatch, checkpointing: Bool = false) -> Tensor {
        let targets = batch.targets
        let ends = Tensor.exampleKeys == nil ? nil : batch.exampleBoundaries
        return hiddenStates(batch, of: targets.rows, checkpointing: checkpointing)
            .crossEntropy(
                head: head, labels: targets.labels,
                examples: ends.map { $0.map { end in targets.rows.firstIndex { $0 >= end } ?? targets.rows.count } })
    }

    /// The summed loss of a batch without a graph, and for each sequence whether every supervised token is the most
    /// probable one: then, and only then, greedy generation writes the expected answer, end mark included.
    public func scored(_ batch: PackedBatch) -> (loss: Double, isExact: [Bool]) {
        let targets = batch.targets
        let hidden = Tensor.withoutGraph { hiddenStates(batch, of: targets.rows, checkpointing: false) }
        let (loss, hits) = hidden.scored(head: head, labels: targets.labels)
        var isExact = Array(repeating: true, count: batch.boundaries.count - 1)
        for (row, hit) in zip(targets.rows, hits) where !hit {
            let sequence = batch.boundaries.lastIndex { $0 <= Int(row) } ?? 0
            isExact[sequence] = false
        }
        return (loss, isExact)
    }

    /// Logits of every token, [tokens, words] in float32.
    public func logits(_ batch: PackedBatch) -> Tensor {
        Tensor.withoutGraph {
            hiddenStates(batch, of: Array(0..<Int32(batch.tokens.count)), checkpointing: false)
                .rows(0..<batch.tokens.count).projected(by: [head], as: .float32)
        }
    }

    /// Logits of what follows the tokens, [1, words] in float32; the cache takes the tokens in.
    func nextLogits(_ tokens: [Int32], images: [Tensor], cache: DecoderCache) -> Tensor {
        Tensor.rowByRow {
            let hidden = hiddenStates(tokens, images: images, cache: cache)
            return hidden.rows(hidden.rows - 1..<hidden.rows).projected(by: [head], as: .float32)
        }
    }
}
