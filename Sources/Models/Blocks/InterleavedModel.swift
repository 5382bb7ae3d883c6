import Tensors

/// A family whose decoder reads rows of image features in the place of image tokens: a vision tower makes them, a connector
/// brings them to the decoder's width (LLaVA, arXiv:2304.08485, and most after it).
///
/// A family says what its tower and connector compute; embedding, example boundaries, kept features and generation are the same
/// for all of them.
protocol InterleavedModel: GenerativeModel {
    /// The decoder.
    var decoder: TextDecoder { get }
    /// Rows of features that a tile becomes: its image tokens.
    var featuresPerTile: Int { get }
    /// Whether anything trains in the tower.
    var trainsTower: Bool { get }
    /// Whether anything trains in the connector.
    var trainsConnector: Bool { get }
    /// How the names of the tower's and of the connector's tensors begin.
    var featurePrefixes: (tower: String, connector: String) { get }
    /// What the tower makes of tiles [n, channels, height, width]: [n · featuresPerTile, tower width] in float32.
    ///
    /// - Parameter checkpointing: compute layers again in the backward pass instead of keeping their results.
    func towerFeatures(_ tiles: Tensor, checkpointing: Bool) -> Tensor
    /// Features of the tower in the decoder's width, in float32.
    func connected(_ features: Tensor) -> Tensor
}

extension InterleavedModel {
    /// The type that matrix products are computed in.
    var computing: DType { decoder.computing }
    /// Words of the vocabulary.
    var vocabularySize: Int { decoder.configuration.vocabularySize }
    /// Whether the output embedding is the input embedding.
    var tiesEmbeddings: Bool { decoder.configuration.tiesEmbeddings }
    /// Positions that the decoder was made for.
    var maximumPositions: Int { decoder.configuration.maximumPositions }
    /// The memory of a sequence of which there is nothing yet.
    func newCache() -> DecoderCache { decoder.newCache() }

    /// As many as its tiles have together.
    func featureCount(of image: Tensor) -> Int { image.shape[0] * featuresPerTile }

    /// The decoder's last hidden states of some tokens, [rows, width], normalised; some rows more at the end.
    func hiddenStates(_ batch: PackedBatch, of rows: [Int32], checkpointing: Bool) -> Tensor {
        let examples = batch.exampleBoundaries
        // Where examples are computed apart, products have each example's own number of rows.
        let isApart = Tensor.exampleKeys != nil
        let batch = isApart ? batch : batch.padded(toMultipleOf: 16, with: imageToken == 0 ? 1 : 0)
        let boundaries = examples.last == batch.tokens.count ? examples : examples + [batch.tokens.count]
        var embeddings = decoder.embedding.gathered(batch.tokens)
        let ends = batch.tileBoundaries(imageToken: imageToken, featuresPerTile: featuresPerTile)
        let features = Tensor.$exampleBoundaries.withValue(ends) { imageFeatures(batch, checkpointing: checkpointing) }
        if let features {
            let places = batch.tokens.indices.filter { batch.tokens[$0] == Int32(imageToken) }.map(Int32.init)
            embeddings = embeddings.replacingRows(places, with: features)
        }
        return Tensor.$exampleBoundaries.withValue(boundaries) {
            decoder(
                embeddings, boundaries: batch.boundaries, positions: batch.positions,
                wanted: rows.padded(toMultipleOf: isApart ? 1 : 16), checkpointing: checkpointing)
        }
    }

    /// Features of a batch's images in the decoder's width, in float32; `nil` without images.
    private func imageFeatures(_ batch: PackedBatch, checkpointing: Bool) -> Tensor? {
        if let features = batch.features { return trainsConnector ? connected(features) : features }
        return batch.tiles.map { connected(towerFeatures($0, checkpointing: checkpointing)) }
    }

    /// The decoder's last hidden states [tokens, width] of the next tokens of a sequence.
    func hiddenStates(_ tokens: [Int32], images: [Tensor], cache: DecoderCache) -> Tensor {
        Tensor.rowByRow {
            var embeddings = decoder.embedding.gathered(tokens)
            if let tiles = Tensor.stacked(images) {
                let places = tokens.indices.filter { tokens[$0] == Int32(imageToken) }.map(Int32.init)
                embeddings = embeddings.replacingRows(
                    places, with: connected(towerFeatures(tiles, checkpointing: false)))
            }
            return decoder(embeddings, cache: cache)
        }
    }

    /// What tower and connector make of an image, or the tower alone if the connector trains; `nil` if the tower does.
    func frozenFeatures(_ image: Tensor) -> Tensor? {
        guard !trainsTower else { return nil }
        return Tensor.withoutGraph {
            let features = towerFeatures(image, checkpointing: false)
            return trainsConnector ? features : connected(features)
        }
    }

    /// The tower's tensors, and the connector's if it is frozen too.
    var frozenFeaturePrefixes: [String] {
        guard !trainsTower else { return [] }
        return [featurePrefixes.tower] + (trainsConnector ? [] : [featurePrefixes.connector])
    }
}

extension [Int32] {
    /// These rows and the last of them again, as `PackedBatch.padded` does: a multiple of so many, and at least one.
    fileprivate func padded(toMultipleOf multiple: Int) -> [Int32] {
        let missing = isEmpty ? multiple : (multiple - count % multiple) % multiple
        return self + Array(repeating: last ?? 0, count: missing)
    }
}
