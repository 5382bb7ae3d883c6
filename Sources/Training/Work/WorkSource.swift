public import Foundation
public import Models
import Tensors

/// The examples of work that came from elsewhere, with images by identifier; pixels are those of local training.
public struct WorkSource: RowSource {
    private let rows: WorkRows
    private let reader: PictureReader
    private let imageLength: Int
    private let picture: @Sendable (PictureID) throws -> Data

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - rows: the examples.
    ///   - layout: the model's image layout.
    ///   - imageLength: the addition of an image to the length of its example, beyond its tokens.
    ///   - picture: the contents of the file that an identifier stands for; called on lanes.
    public init(
        _ rows: WorkRows, layout: any ImageLayout, imageLength: Int = 0,
        picture: @escaping @Sendable (PictureID) throws -> Data
    ) {
        self.rows = rows
        reader = PictureReader(layout)
        self.imageLength = imageLength
        self.picture = picture
    }

    /// How many examples there are.
    public var count: Int { rows.count }

    /// The tokens of an example.
    public func length(at index: Int) -> Int { rows.examples[index].ids.count + imageLength }

    /// The tokens of an example that count for the loss.
    public func supervisedCount(at index: Int) -> Int { rows.examples[index].supervisedCount }

    /// Examples packed one after another, with their images.
    ///
    /// - Throws: what is wrong with an image; `TrainingError.invalidWork` if it does not match its example.
    public func batch(of rows: [Int]) throws -> PackedBatch {
        let examples = rows.map { self.rows.examples[$0] }
        var images: [Tensor] = []
        for (row, example) in zip(rows, examples) {
            var featureCount = 0
            for id in example.pictures {
                let image = try reader.image(picture(id), name: "image \(id)")
                featureCount += image.featureCount
                images.append(image.tiles)
            }
            try check(example, of: row, featureCount)
        }
        return PackedBatch(sequences: examples.map { ($0.ids, $0.labels) }, images: images)
    }

    /// Checks that an example has as many image tokens as its images have features: what was sent is not trusted.
    private func check(_ example: WorkExample, of row: Int, _ featureCount: Int) throws {
        guard let token = reader.layout.imageToken else { return }
        let found = example.ids.count { $0 == Int32(token) }
        guard found == featureCount else {
            throw TrainingError(
                .invalidWork,
                "example \(row) has \(found) image tokens, expected \(featureCount) for its "
                    + "\(example.pictures.count) images: the coordinator and the worker must have the same model "
                    + "and the same image processor"
            )
        }
    }
}
