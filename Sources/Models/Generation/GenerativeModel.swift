public import Tensors

/// A model that writes text, token by token.
public protocol GenerativeModel: VisionLanguageModel {
    /// Positions that the model was made for.
    var maximumPositions: Int { get }
    /// The memory of a sequence of which there is nothing yet.
    func newCache() -> DecoderCache
    /// The last hidden states [tokens, width] of the next tokens of a sequence, without a graph.
    ///
    /// - Parameters:
    ///   - tokens: ids below `vocabularySize`; as many image tokens as the pictures have features.
    ///   - pixels: pictures in the order of their tokens, [n, channels, height, width] in float32; nil without any.
    ///   - cache: of this sequence and model; takes the tokens in.
    func hiddenStates(_ tokens: [Int32], pixels: Tensor?, cache: DecoderCache) -> Tensor
}

extension GenerativeModel {
    /// Logits of what follows the tokens, [1, words] in float32; the cache takes the tokens in.
    func nextLogits(_ tokens: [Int32], pixels: Tensor?, cache: DecoderCache) -> Tensor {
        Tensor.withoutGraph {
            let hidden = hiddenStates(tokens, pixels: pixels, cache: cache)
            return hidden.rows(hidden.rows - 1..<hidden.rows).projected(by: [head], as: .float32)
        }
    }
}
