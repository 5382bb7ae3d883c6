/// What an image file may ask for before it is refused: a few bytes can declare gigabytes of pixels.
public struct ImageLimits: Sendable, Hashable {
    /// Maximum number of pixels of an image, by its header. The default, 178,956,970, is Pillow's limit.
    public var pixels: Int
    /// The most bytes an image file may have.
    public var fileBytes: Int

    /// Creates limits.
    public init(pixels: Int = 178_956_970, fileBytes: Int = 1 << 30) {
        self.pixels = pixels
        self.fileBytes = fileBytes
    }

    /// Throws unless an image of this size may be decoded.
    func check(width: Int, height: Int, name: String) throws {
        guard width > 0, height > 0 else {
            throw ModelError(
                .corruptFile, "\(name): the image has \(width)×\(height) pixels; replace the file")
        }
        let (count, overflow) = width.multipliedReportingOverflow(by: height)
        guard !overflow, count <= pixels else {
            throw ModelError(
                .invalidInput,
                "\(name): \(width)×\(height) pixels are more than the limit of \(pixels) pixels; scale the image "
                    + "down or raise the limit"
            )
        }
    }
}
