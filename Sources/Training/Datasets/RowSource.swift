import Foundation
public import Models

/// Rows to train or evaluate on, each made ready when a lane asks for it.
public protocol RowSource: Sendable {
    /// How many rows there are.
    var count: Int { get }
    /// The tokens of a row.
    func length(at index: Int) -> Int
    /// The tokens of a row that count for the loss.
    func supervisedCount(at index: Int) -> Int
    /// Rows packed for one forward and backward pass, in the given order.
    ///
    /// - Throws: what is wrong with a picture or a row.
    func batch(of rows: [Int]) throws -> PackedBatch
}

/// Encoded conversations with their pictures, decoded when asked for.
public struct ConversationSource: RowSource {
    private let dataset: EncodedDataset
    private let processor: ImageProcessor
    private let imageSize: Int

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - dataset: the encoded rows.
    ///   - processor: what makes pixel values of a picture.
    ///   - imageSize: height and width that the model takes.
    public init(_ dataset: EncodedDataset, processor: ImageProcessor, imageSize: Int) {
        self.dataset = dataset
        self.processor = processor
        self.imageSize = imageSize
    }

    /// How many rows there are.
    public var count: Int { dataset.count }

    /// The tokens of a row.
    public func length(at index: Int) -> Int { dataset.length(at: index) }

    /// The tokens of a row that count for the loss.
    public func supervisedCount(at index: Int) -> Int { dataset.supervisedCount(at: index) }

    /// Rows packed one after another, with their pictures.
    public func batch(of rows: [Int]) throws -> PackedBatch {
        let examples = try rows.map { try dataset.example(at: $0) }
        let pictures = try examples.flatMap(\.images).map { path in
            let pixels = try processor(RGBImage(file: URL(filePath: path)))
            guard pixels.height == imageSize, pixels.width == imageSize else {
                throw TrainingError(
                    .invalidDataset,
                    "\(path): the processor makes \(pixels.width)×\(pixels.height) pixels, the model takes "
                        + "\(imageSize)×\(imageSize); set size and crop_size in preprocessor_config.json to that")
            }
            return pixels
        }
        return PackedBatch(sequences: examples.map { ($0.ids, $0.labels) }, pictures: pictures)
    }
}
