public import Models

/// Whether a model can take what an image processor makes of pictures.
public struct PictureFit: Sendable {
    private let processor: ImageProcessor
    private let imageSize: Int

    /// Creates a check.
    ///
    /// - Parameters:
    ///   - imageSize: Height and width that the model takes.
    ///   - name: What an error calls the model.
    /// - Throws: `TrainingError` where the processor makes pixels of another size of every picture.
    public init(_ processor: ImageProcessor, imageSize: Int, name: String) throws {
        (self.processor, self.imageSize) = (processor, imageSize)
        if let size = processor.outputSize, let reason = Self.reason(against: size, imageSize: imageSize) {
            throw TrainingError(.invalidConfiguration, "\(name): \(reason)")
        }
    }

    /// Why the model cannot take a picture of a size; nil where it can.
    func reason(against picture: Picture, width: Int, height: Int) -> String? {
        do {
            let size = try processor.outputSize(width: width, height: height)
            let reason = Self.reason(against: size, imageSize: imageSize)
            return reason.map { "the image \(picture) cannot be used: \($0)" }
        } catch {
            return "the image \(picture) cannot be used: \(error)"
        }
    }

    /// Why a model cannot take pixels of a size; nil where it can.
    static func reason(against size: (height: Int, width: Int), imageSize: Int) -> String? {
        guard size.height != imageSize || size.width != imageSize else { return nil }
        return "the processor makes \(size.width)×\(size.height) pixels, the model takes \(imageSize)×\(imageSize);"
            + " set size and crop_size in preprocessor_config.json to that"
    }
}
