public import Models
import Tensors

/// How long some examples are: all that planning steps needs.
public protocol RowLengths: Sendable {
    /// How many examples there are.
    var count: Int { get }
    /// The tokens of an example.
    func length(at index: Int) -> Int
    /// The tokens of an example that count for the loss.
    func supervisedCount(at index: Int) -> Int
}

/// Examples to train or evaluate on, each made ready when a lane asks for it.
public protocol RowSource: RowLengths {
    /// Examples packed for one forward and backward pass, in the given order.
    ///
    /// - Throws: what is wrong with an image or an example.
    func batch(of rows: [Int]) throws -> PackedBatch
}

/// Encoded examples with their images, read from files when asked for.
public struct ConversationSource: RowSource {
    private let rows: any EncodedRows
    private let reader: PictureReader
    private let imageLength: Int
    /// Where features of images are kept that no training changes; nil computes them every time.
    public var features: FeatureCache?

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - rows: the encoded examples.
    ///   - layout: the model's image layout.
    ///   - imageLength: the addition of an image to the length of its example, beyond its tokens.
    public init(_ rows: any EncodedRows, layout: any ImageLayout, imageLength: Int = 0) {
        self.rows = rows
        self.imageLength = imageLength
        reader = PictureReader(layout)
    }

    /// How many examples there are.
    public var count: Int { rows.count }

    /// The tokens of an example.
    public func length(at index: Int) -> Int { rows.length(at: index) + imageLength }

    /// The tokens of an example that count for the loss.
    public func supervisedCount(at index: Int) -> Int { rows.supervisedCount(at: index) }

    /// Examples packed one after another, with their images.
    public func batch(of rows: [Int]) throws -> PackedBatch {
        let examples = try rows.map { try self.rows.example(at: $0) }
        let pictures = examples.flatMap { example in example.images.map { (picture: $0, row: example.row) } }
        let sequences = examples.map { (tokens: $0.ids, labels: $0.labels) }
        guard let features else {
            let images = try pictures.map { try tiles(of: $0.picture, row: $0.row) }
            return PackedBatch(sequences: sequences, images: images)
        }
        return PackedBatch(
            sequences: sequences,
            features: try pictures.map { picture, row in
                try features.features(of: picture) { try tiles(of: picture, row: row) }
            })
    }

    /// Only an image's header was looked at before.
    private func tiles(of picture: Picture, row: Int) throws -> Tensor {
        do {
            return try reader.tiles(of: picture)
        } catch let error as ModelError {
            throw TrainingError(
                .invalidDataset,
                "example \(row): its image cannot be used; replace it, or skip such examples with --skip-bad-rows, "
                    + "which decodes every image beforehand",
                cause: error)
        }
    }
}
