public import Models

/// How long some rows are: all that planning steps needs.
public protocol RowLengths: Sendable {
    /// How many rows there are.
    var count: Int { get }
    /// The tokens of a row.
    func length(at index: Int) -> Int
    /// The tokens of a row that count for the loss.
    func supervisedCount(at index: Int) -> Int
}

/// Rows to train or evaluate on, each made ready when a lane asks for it.
public protocol RowSource: RowLengths {
    /// Rows packed for one forward and backward pass, in the given order.
    ///
    /// - Throws: what is wrong with a picture or a row.
    func batch(of rows: [Int]) throws -> PackedBatch
}

/// Encoded rows with their pictures, read from files when asked for.
public struct ConversationSource: RowSource {
    private let rows: any EncodedRows
    private let reader: PictureReader
    private let pictureLength: Int
    /// Where features of pictures are kept that no training changes; nil computes them every time.
    public var features: FeatureCache?

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - rows: the encoded rows.
    ///   - processor: what makes pixel values of a picture.
    ///   - imageSize: height and width that the model takes.
    ///   - pictureLength: what a row's picture takes beside the row's tokens, where it takes none of them.
    public init(_ rows: any EncodedRows, processor: ImageProcessor, imageSize: Int, pictureLength: Int = 0) {
        self.rows = rows
        self.pictureLength = pictureLength
        reader = PictureReader(processor, imageSize: imageSize)
    }

    /// How many rows there are.
    public var count: Int { rows.count }

    /// The tokens of a row.
    public func length(at index: Int) -> Int { rows.length(at: index) + pictureLength }

    /// The tokens of a row that count for the loss.
    public func supervisedCount(at index: Int) -> Int { rows.supervisedCount(at: index) }

    /// Rows packed one after another, with their pictures.
    public func batch(of rows: [Int]) throws -> PackedBatch {
        let examples = try rows.map { try self.rows.example(at: $0) }
        let pictures = examples.flatMap { example in example.images.map { (picture: $0, row: example.row) } }
        let sequences = examples.map { (tokens: $0.ids, labels: $0.labels) }
        guard let features else {
            return PackedBatch(
                sequences: sequences, pictures: try pictures.map { try pixels(of: $0.picture, row: $0.row) })
        }
        return PackedBatch(
            sequences: sequences,
            features: try pictures.map { picture, row in
                try features.features(of: picture) { try pixels(of: picture, row: row) }
            })
    }

    /// Only a picture's header was looked at before.
    private func pixels(of picture: Picture, row: Int) throws -> PixelValues {
        do {
            return try reader.pixels(of: picture)
        } catch let error as ModelError {
            throw TrainingError(
                .invalidDataset,
                "row \(row): its picture cannot be used; replace it, or leave such rows out with --skip-bad-rows, which"
                    + " decodes every picture beforehand", cause: error)
        }
    }
}
