import Tensors

/// What an image file says about itself before its pixels.
struct ImageHeader: Sendable {
    let format: ImageFormat
    /// The stored size, before the orientation is applied.
    let width: Int
    let height: Int
    /// Samples a pixel, as stored: a palette index is one.
    let channels: Int
    let orientation: ImageOrientation
    /// Where the compressed pixels begin.
    let pixelOffset: Int

    /// The size of the upright image.
    var uprightSize: (width: Int, height: Int) {
        orientation.swapsAxes ? (height, width) : (width, height)
    }

    /// Reads and checks the header.
    static func read(from source: ByteSource, limits: ImageLimits) throws -> ImageHeader {
        let head = try source.bytes(at: 0, count: min(GitLFSPointer.headSize, source.count))
        let header =
            switch try ImageFormat(head: head, name: source.name) {
            case .jpeg: try JPEGHeader.read(from: source)
            case .png: try PNGHeader.read(from: source)
            case .webp: try WebPHeader.read(from: source)
            }
        try limits.check(width: header.width, height: header.height, name: source.name)
        return header
    }
}
