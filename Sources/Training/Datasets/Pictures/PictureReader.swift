import Foundation
import Models
import Tensors

/// Makes a model's tiles of images, whether they are on disk or came over a wire.
struct PictureReader: Sendable {
    let layout: any ImageLayout

    init(_ layout: any ImageLayout) { self.layout = layout }

    /// The tiles of an image of a dataset, [tiles, 3, height, width].
    func tiles(of picture: Picture) throws -> Tensor {
        try tiles(of: picture.decoded(), name: picture.description)
    }

    /// The tiles of a file's bytes, and how many rows of features they become; `name` is what errors call the file.
    func image(_ data: Data, name: String) throws -> (tiles: Tensor, featureCount: Int) {
        let image = try RGBImage(data: data, name: name)
        return (
            try tiles(of: image, name: name),
            try layout.plan(width: image.width, height: image.height).featureCount
        )
    }

    private func tiles(of image: RGBImage, name: String) throws -> Tensor {
        do {
            return try layout.tiles(of: image)
        } catch let error as ModelError where error.code == .invalidConfiguration {
            throw TrainingError(.invalidDataset, "\(name): \(error.message)")
        }
    }
}
