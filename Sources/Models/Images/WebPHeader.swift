/// Walks the chunks of a WebP (RFC 9649): the size and orientation of a still image.
struct WebPHeader {
    private let source: ByteSource
    private var flags = 0
    private var canvas: (width: Int, height: Int)?
    private var frame: (width: Int, height: Int)?
    private var pixelOffset = 0
    private var metadata = OrientationMetadata()

    static func read(from source: ByteSource) throws -> ImageHeader {
        var header = WebPHeader(source)
        try header.walk()
        return try header.checked()
    }

    private init(_ source: ByteSource) { self.source = source }

    private mutating func walk() throws {
        let end = try 8 + number(at: 4, count: 4)
        guard end <= source.count else { throw source.truncated() }
        var offset = 12
        while offset + 8 <= end {
            let name = String(decoding: try source.bytes(at: offset, count: 4), as: UTF8.self)
            let size = try number(at: offset + 4, count: 4)
            guard size <= end - offset - 8 else { throw source.truncated() }
            try read(name, at: offset + 8, size: size)
            offset += 8 + size + size % 2
        }
    }

    private mutating func read(_ name: String, at offset: Int, size: Int) throws {
        switch name {
        case "VP8X" where canvas == nil && frame == nil:
            flags = try number(at: offset, count: 1)
            canvas = (try 1 + number(at: offset + 4, count: 3), try 1 + number(at: offset + 7, count: 3))
        case "VP8 " where frame == nil:
            guard try source.bytes(at: offset + 3, count: 3) == [0x9D, 0x01, 0x2A] else { throw damaged() }
            frame = (try number(at: offset + 6, count: 2) & 0x3FFF, try number(at: offset + 8, count: 2) & 0x3FFF)
            pixelOffset = offset
        case "VP8L" where frame == nil:
            let bits = try number(at: offset + 1, count: 4)
            frame = (1 + bits & 0x3FFF, 1 + bits >> 14 & 0x3FFF)
            pixelOffset = offset
        case "EXIF" where flags & Self.hasEXIF != 0: metadata.add(exif: try source.bytes(at: offset, count: size))
        case "XMP " where flags & Self.hasXMP != 0: metadata.add(xmp: try source.bytes(at: offset, count: size))
        default: break
        }
    }

    private func checked() throws -> ImageHeader {
        guard flags & Self.isAnimated == 0 else {
            throw ModelError(
                .unsupported, "\(source.name): an animated WebP, expected a single image; save one frame as PNG")
        }
        guard let frame else { throw source.truncated() }
        guard canvas.map({ $0 == frame }) ?? true else { throw damaged() }
        return ImageHeader(
            format: .webp, width: frame.width, height: frame.height, channels: 4,
            orientation: metadata.orientation, pixelOffset: pixelOffset)
    }

    private static let isAnimated = 0x02
    private static let hasXMP = 0x04
    private static let hasEXIF = 0x08

    private func number(at offset: Int, count: Int) throws -> Int {
        try source.bytes(at: offset, count: count).littleEndian(at: 0, count: count) ?? 0
    }

    private func damaged() -> ModelError {
        ModelError(.corruptFile, "\(source.name): the WebP has a damaged header; replace the file")
    }
}
