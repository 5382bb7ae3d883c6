import Tensors

/// What layers keep for the backward pass, in bytes.
enum ActivationEstimate {
    /// A layer of an encoder over some rows, results of products in a type of `half` bytes.
    static func encoderLayer(_ shape: EncoderShape, rows: Int, half: Int) -> Int {
        rows * (8 * shape.width + half * (6 * shape.width + 2 * shape.inner))
    }
}

extension TextDecoder {
    /// An estimate of what the decoder keeps of some tokens for the backward pass, and of its largest buffers, in bytes.
    func activationBytes(tokens: Int, checkpointing: Bool) -> Int {
        let text = configuration
        let half = computing == .bfloat16 ? 2 : 4
        let heads = (text.heads + 2 * text.keyValueHeads) * text.headSize
        // Two residuals in float32; norms, q/k/v, attention, gate, up and their product in the computing type.
        let layer =
            tokens
            * (8 * text.hiddenSize + half
                * (2 * text.hiddenSize + heads + text.heads * text.headSize + 3 * text.intermediateSize))
        let kept = checkpointing ? text.layers * tokens * 4 * text.hiddenSize + layer : text.layers * layer
        let logits = 64 * text.vocabularySize * 4
        let largest = tokens * 4 * (2 * text.intermediateSize + heads)
        return kept + 2 * logits + 4 * largest
    }
}
