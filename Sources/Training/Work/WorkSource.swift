public import Foundation
public import Models

/// The rows of work that came from elsewhere, with pictures by identifier; pixels are those of local training.
public struct WorkSource: RowSource {
    private let rows: WorkRows
    private let reader: PictureReader
    private let pictureLength: Int
    private let picture: @Sendable (PictureID) throws -> Data

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - rows: the rows.
    ///   - processor: what makes pixel values of a picture.
    ///   - imageSize: height and width that the model takes.
    ///   - pictureLength: what a row's picture takes beside the row's tokens, where it takes none of them.
    ///   - picture: the contents of the file that an identifier stands for; called on lanes.
    public init(
        _ rows: WorkRows, processor: ImageProcessor, imageSize: Int, pictureLength: Int = 0,
        picture: @escaping @Sendable (PictureID) throws -> Data
    ) {
        self.rows = rows
        reader = PictureReader(processor, imageSize: imageSize)
        self.pictureLength = pictureLength
        self.picture = picture
    }

    /// How many rows there are.
    public var count: Int { rows.count }

    /// The tokens of a row.
    public func length(at index: Int) -> Int { rows.examples[index].ids.count + pictureLength }

    /// The tokens of a row that count for the loss.
    public func supervisedCount(at index: Int) -> Int { rows.examples[index].supervisedCount }

    /// Rows packed one after another, with their pictures.
    public func batch(of rows: [Int]) throws -> PackedBatch {
        let examples = rows.map { self.rows.examples[$0] }
        let pictures = try examples.flatMap(\.pictures).map { id in
            try reader.pixels(of: picture(id), name: "picture \(id)")
        }
        return PackedBatch(sequences: examples.map { ($0.ids, $0.labels) }, pictures: pictures)
    }
}
