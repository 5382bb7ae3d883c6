public import Foundation

/// An image in memory: 8-bit sRGB samples, row by row, three to a pixel, upright.
public struct RGBImage: Sendable, Hashable {
    /// Pixels across.
    public let width: Int
    /// Pixels down.
    public let height: Int
    /// `height × width × 3` samples: R, G, B of the first pixel of the first row, and so on.
    public let pixels: [UInt8]
    /// The colour that the file declares transparent, or `nil`. The samples still have it; an ``ImageProcessor`` with
    /// `do_convert_rgb` makes it white.
    public let transparentColour: RGBColour?

    /// An image of given samples. Precondition: there are `height × width × 3` of them.
    public init(width: Int, height: Int, pixels: [UInt8], transparentColour: RGBColour? = nil) {
        precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
        self.width = width
        self.height = height
        self.pixels = pixels
        self.transparentColour = transparentColour
    }

    /// Reads a JPEG, PNG or WebP file, turns it upright by its EXIF orientation and makes it RGB.
    ///
    /// The result equals Pillow's `ImageOps.exif_transpose(Image.open(file)).convert("RGB")`, but for 16-bit greyscale
    /// PNG: Pillow shows every sample above 255 as white, here the high byte is kept, as both do for 16-bit colour.
    /// Colour profiles are not applied.
    ///
    /// - Parameters:
    ///   - part: the bytes of the file that are the image, as in an archive; `nil` takes all.
    ///   - name: the image's name in error messages; `nil` uses the path.
    /// - Throws: ``ModelError`` for a file that is missing, empty, damaged, truncated, of another format or beyond
    ///   `limits`.
    public init(
        file: URL, part: Range<Int>? = nil, name: String? = nil, alpha: AlphaTreatment = .dropped,
        limits: ImageLimits = ImageLimits()
    ) throws {
        let source = try ByteSource(file: file, part: part, name: name, limit: limits.fileBytes)
        try self.init(source: source, alpha: alpha, limits: limits)
    }

    /// Decodes an image in memory, as ``init(file:part:name:alpha:limits:)`` does; `name` is used in error messages.
    public init(
        data: Data, name: String, alpha: AlphaTreatment = .dropped, limits: ImageLimits = ImageLimits()
    ) throws {
        try self.init(source: ByteSource(data: data, name: name), alpha: alpha, limits: limits)
    }

    /// The size of the upright image in a file, from its header: no pixel is decoded.
    ///
    /// - Throws: ``ModelError`` as reading the image would, for what its header shows.
    public static func size(
        of file: URL, part: Range<Int>? = nil, name: String? = nil, limits: ImageLimits = ImageLimits()
    ) throws -> (width: Int, height: Int) {
        let source = try ByteSource(file: file, part: part, name: name, limit: limits.fileBytes)
        return try ImageHeader.read(from: source, limits: limits).uprightSize
    }

    /// The size of the upright image in memory, from its header.
    ///
    /// - Throws: ``ModelError`` as decoding the image would, for what its header shows.
    public static func size(
        of data: Data, name: String, limits: ImageLimits = ImageLimits()
    ) throws -> (width: Int, height: Int) {
        try ImageHeader.read(from: ByteSource(data: data, name: name), limits: limits).uprightSize
    }

    private init(source: ByteSource, alpha: AlphaTreatment, limits: ImageLimits) throws {
        let header = try ImageHeader.read(from: source, limits: limits)
        let data = try source.data()
        let stored =
            switch header.format {
            case .jpeg: try JPEGDecoder(header: header, name: source.name).decode(data)
            case .png: try PNGDecoder(header: header, name: source.name, alpha: alpha).decode(data)
            case .webp: try WebPDecoder(header: header, name: source.name, alpha: alpha).decode(data)
            }
        self = stored.turned(header.orientation)
    }
}
