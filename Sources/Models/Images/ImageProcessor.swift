/// Turns an image into a vision tower's input: pad, resize, centre crop, rescale, normalise, in this order.
///
/// Equal to the Pillow-backed image processors of transformers for the same configuration; the torchvision-backed ones
/// (`…Fast`) differ from those by their resampling. Images are RGB already, so `do_convert_rgb` only makes an image's
/// ``RGBImage/transparentColour`` white; see ``AlphaTreatment`` for other transparency.
public struct ImageProcessor: Sendable, Hashable {
    /// Whether pixels of the image's transparent colour become white first: `do_convert_rgb`.
    public var convertsToRGB = true
    /// The colour of the square the image is first centred on, or nil: LLaVA's `image_aspect_ratio: pad`.
    public var squarePadding: RGBColour?
    /// The size to resize to, or `nil`.
    public var resize: ImageTargetSize?
    /// The resampling kernel.
    public var filter = ResampleFilter.bicubic
    /// The part to keep from the middle, or `nil`.
    public var crop: ImageCrop?
    /// What samples 0 … 255 are multiplied by, or `nil`.
    public var rescaleFactor: Double?
    /// The mean to subtract and the deviation to divide by, or `nil`.
    public var normalization: ImageNormalization?

    /// A processor that only makes samples floats.
    public init() {}

    /// The size of an image's pixel values; `nil` if it depends on the image.
    public var outputSize: (height: Int, width: Int)? {
        if let crop { return (crop.height, crop.width) }
        if case .exact(let height, let width) = resize { return (height, width) }
        return nil
    }

    /// The pixel values of an image.
    ///
    /// - Throws: ``ModelError`` if the image's proportions lead to an empty image or one beyond `limits`.
    public func callAsFunction(_ image: RGBImage, limits: ImageLimits = ImageLimits()) throws -> PixelValues {
        let (full, target) = try sizes(width: image.width, height: image.height, limits)
        let opaque = convertsToRGB ? image.withTransparentColourOnWhite() : image
        let square = squarePadding.map { opaque.paddedToSquare(colour: $0) } ?? opaque
        let rows = ImageCrop.axis(size: full.height, length: target.height)
        let columns = ImageCrop.axis(size: full.width, length: target.width)
        let part = square.resized(
            width: full.width, height: full.height, filter: filter, columns: columns.source, rows: rows.source)
        return planes(of: part, in: target, top: rows.offset, left: columns.offset)
    }

    /// The size of the pixel values of an image of a given size.
    ///
    /// - Throws: As making them would.
    public func outputSize(
        width: Int, height: Int, limits: ImageLimits = ImageLimits()
    ) throws -> (height: Int, width: Int) {
        let target = try sizes(width: width, height: height, limits).target
        return (target.height, target.width)
    }

    /// What an image is resized to, and the part of it that is kept.
    private func sizes(
        width: Int, height: Int, _ limits: ImageLimits
    ) throws -> (full: (height: Int, width: Int), target: ImageCrop) {
        var (width, height) = (width, height)
        if squarePadding != nil {
            let side = max(width, height)
            try limits.check(width: side, height: side, name: "a \(width)×\(height) image padded to a square")
            (width, height) = (side, side)
        }
        let full = resize?.resolved(height: height, width: width) ?? (height: height, width: width)
        let target = crop ?? ImageCrop(height: full.height, width: full.width)
        try check((height, width), full, target, limits)
        return (full, target)
    }

    /// Checks every image on the way: resized along one edge, along both, and the result.
    private func check(
        _ size: (height: Int, width: Int), _ full: (height: Int, width: Int), _ target: ImageCrop,
        _ limits: ImageLimits
    ) throws {
        let name = "a \(size.width)×\(size.height) image resized to \(full.width)×\(full.height)"
        guard full.width > 0, full.height > 0 else {
            throw ModelError(.invalidInput, "\(name): nothing is left of it; remove this image or crop it")
        }
        try limits.check(width: full.width, height: 1, name: name)
        try limits.check(width: 1, height: full.height, name: name)
        try limits.check(width: min(full.width, target.width), height: size.height, name: name)
        try limits.check(width: target.width, height: target.height, name: name)
    }
}
