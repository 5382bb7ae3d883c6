public import Models
import Tensors

/// How often an image's own class is the nearest, or among the five nearest.
public struct ZeroShotEvaluation: Sendable, Equatable {
    /// Share of the images whose own class is the nearest.
    public let top1: Double
    /// Share of the images whose own class is among the five nearest.
    public let top5: Double
    /// Images.
    public let pictures: Int
    /// Share of each class's images that are classified correctly, in the order of the classes; 0 for a class without
    /// images.
    public let byClass: [Double]

    /// Images that a lane takes at a time.
    private static let rowsAtATime = 1_024

    /// Classifies images; the result does not depend on the number of lanes.
    ///
    /// - Throws: what is wrong with an image; `TrainingError.diverged` if embeddings are not finite.
    public init(
        _ classifier: ZeroShotClassifier, _ data: LabelledPictures, model: any ContrastiveModel,
        layout: any ImageLayout, lanes: Lanes
    ) throws {
        let step = max(1, Self.rowsAtATime / model.rowsPerImage)
        let starts = Array(stride(from: 0, to: data.entries.count, by: step))
        let reader = PictureReader(layout)
        let found = Locked<[[Int]]>(Array(repeating: [], count: starts.count))
        try lanes.forEach(starts.count) { index in
            let part = data.entries[starts[index]..<min(starts[index] + step, data.entries.count)]
            let embeddings = try Self.embeddings(part.map { try reader.tiles(of: $0.picture) }, model)
            let ranks = classifier.ranks(of: embeddings, labels: part.map(\.label))
            found.withLock { $0[index] = ranks }
        }
        let ranks = found.withLock { $0.flatMap(\.self) }
        pictures = ranks.count
        top1 = Double(ranks.count { $0 < 1 }) / Double(max(1, ranks.count))
        top5 = Double(ranks.count { $0 < 5 }) / Double(max(1, ranks.count))
        byClass = data.classes.indices.map { label in
            let own = zip(data.entries, ranks).filter { $0.0.label == label }
            return Double(own.count { $0.1 < 1 }) / Double(max(1, own.count))
        }
    }

    private static func embeddings(_ images: [Tensor], _ model: any ContrastiveModel) throws -> Tensor {
        guard let tiles = PackedBatch(sequences: [], images: images).tiles else { return Tensor(zeros: [0, 1]) }
        let embeddings = Tensor.withoutGraph { model.pictureEmbeddings(tiles) }
        guard !embeddings.hasNonFinite else {
            throw TrainingError(
                .diverged, "an embedding is not finite: the adapter or the weights contain NaN or infinite values")
        }
        return embeddings
    }
}
