import Foundation
import Models

/// Makes a model's pixel values of pictures, whether they lie on disk or came over a wire.
struct PictureReader: Sendable {
    private let processor: ImageProcessor
    private let imageSize: Int

    /// - Parameter imageSize: height and width that the model takes.
    init(_ processor: ImageProcessor, imageSize: Int) {
        self.processor = processor
        self.imageSize = imageSize
    }

    /// The pixel values of a picture of a dataset.
    func pixels(of picture: Picture) throws -> PixelValues {
        try pixels(of: picture.decoded(), name: picture.description)
    }

    /// The pixel values of a file's bytes; `name` is what errors call it.
    func pixels(of data: Data, name: String) throws -> PixelValues {
        try pixels(of: RGBImage(data: data, name: name), name: name)
    }

    private func pixels(of image: RGBImage, name: String) throws -> PixelValues {
        let pixels = try processor(image)
        if let reason = PictureFit.reason(against: (pixels.height, pixels.width), imageSize: imageSize) {
            throw TrainingError(.invalidDataset, "\(name): \(reason)")
        }
        return pixels
    }
}
