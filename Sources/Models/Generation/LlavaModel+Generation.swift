public import Tensors

extension LlavaModel {
    /// Positions that the decoder was made for.
    public var maximumPositions: Int { configuration.text.maximumPositions }

    /// The memory of a sequence of which there is nothing yet.
    public func newCache() -> DecoderCache { decoder.newCache() }

    /// The decoder's last hidden states [tokens, width] of the next tokens of a sequence.
    public func hiddenStates(_ tokens: [Int32], pixels: Tensor?, cache: DecoderCache) -> Tensor {
        Tensor.rowByRow {
            var embeddings = decoder.embedding.gathered(tokens)
            if let pixels {
                let rows = tokens.indices.filter { tokens[$0] == Int32(imageToken) }.map(Int32.init)
                embeddings = embeddings.replacingRows(rows, with: imageFeatures(pixels, checkpointing: false))
            }
            return decoder(embeddings, cache: cache)
        }
    }
}
