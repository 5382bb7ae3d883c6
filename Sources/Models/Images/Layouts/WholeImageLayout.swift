public import Foundation
public import Tensors

/// An image as a single tile of the model's input size, with a fixed number of tokens.
public struct WholeImageLayout: ImageLayout {
    /// The token for one row of image features; `nil` if images are not part of a text's tokens.
    public let imageToken: Int?
    private let processor: ImageProcessor
    private let tile: TileSize
    private let featureCount: Int

    /// A layout.
    ///
    /// - Parameters:
    ///   - processor: computes the pixel values of an image.
    ///   - tile: the size that the model takes.
    ///   - imageToken: the token for one row of features; `nil` if images are not part of a text's tokens.
    ///   - featureCount: image tokens of an image.
    public init(_ processor: ImageProcessor, tile: TileSize, imageToken: Int? = nil, featureCount: Int = 0) {
        self.processor = processor
        self.tile = tile
        self.imageToken = imageToken
        self.featureCount = featureCount
    }

    /// One tile.
    public var fixedPlan: ImagePlan? { ImagePlan(featureCount: featureCount) }
    /// Image tokens alone.
    public var mostTokens: Int { featureCount }
    /// The processor's key.
    public var cacheKey: String { processor.cacheKey }

    /// Why the processor's images do not fit the model, if it makes one size of all.
    public var mismatch: String? { processor.outputSize.flatMap { reason(against: $0) } }

    /// The processor's key for a file.
    public func cacheKey(forImage file: Data) -> String { processor.cacheKey(forImage: file) }

    /// One tile.
    ///
    /// - Throws: `ModelError` if the processor makes pixel values of another size.
    public func plan(width: Int, height: Int) throws -> ImagePlan {
        if let reason = reason(against: try processor.outputSize(width: width, height: height)) {
            throw ModelError(.invalidConfiguration, reason)
        }
        return ImagePlan(featureCount: featureCount)
    }

    /// The pixel values: [1, 3, height, width].
    ///
    /// - Throws: `ModelError` as the processor does, or if it makes pixel values of another size.
    public func tiles(of image: RGBImage) throws -> Tensor {
        let pixels = try processor(image)
        if let reason = reason(against: (pixels.height, pixels.width)) {
            throw ModelError(.invalidConfiguration, reason)
        }
        return Tensor(pixels.values, shape: [1, 3, pixels.height, pixels.width])
    }

    private func reason(against size: (height: Int, width: Int)) -> String? {
        guard size.height != tile.height || size.width != tile.width else { return nil }
        return
            "the processor makes \(size.width)×\(size.height) pixels, but the model takes "
            + "\(tile.width)×\(tile.height); set size and crop_size in preprocessor_config.json to that"
    }
}
