import CImageCodecs

/// Walks the chunks of a PNG (ISO/IEC 15948): the header, and metadata that may stand before or after the pixels.
enum PNGHeader {
    static func read(from source: ByteSource) throws -> ImageHeader {
        let header = try source.bytes(at: 8, count: 25)
        guard header.bigEndian(at: 0, count: 4) == 13, Array(header[4..<8]) == Array("IHDR".utf8),
            let width = header.bigEndian(at: 8, count: 4), let height = header.bigEndian(at: 12, count: 4),
            let channels = channels(colourType: header[17])
        else {
            throw ModelError(.corruptFile, "\(source.name): the PNG has a damaged header; replace the file")
        }
        let (metadata, pixelOffset) = try walk(source)
        return ImageHeader(
            format: .png, width: width, height: height, channels: channels,
            orientation: metadata.orientation, pixelOffset: pixelOffset)
    }

    private static let xmpKey = Array("XML:com.adobe.xmp\0".utf8)
    private static let profileKey = Array("Raw profile type exif\0".utf8)
    /// The most bytes of a text that is looked at.
    private static let textLimit = 1 << 23

    /// Takes a text chunk's XMP or EXIF, if it has some; it may be compressed.
    private static func add(
        to metadata: inout OrientationMetadata, textAt offset: Int, _ length: Int, _ source: ByteSource
    ) throws {
        let key = try source.bytes(at: offset + 8, count: min(length, profileKey.count))
        guard length <= textLimit, key.starts(with: xmpKey) || key == profileKey else { return }
        guard let found = text(of: try source.bytes(at: offset, count: length + 12)) else { return }
        if key == profileKey { metadata.add(rawProfile: found) } else { metadata.add(xmp: found) }
    }

    /// What a text chunk says, its length and checksum included; `nil` if it is damaged.
    private static func text(of chunk: [UInt8]) -> [UInt8]? {
        let size = lorad_png_text(chunk, chunk.count, nil, 0)
        guard size > 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: size) { target, count in
            count = min(size, lorad_png_text(chunk, chunk.count, target.baseAddress, size))
        }
    }

    private static func channels(colourType: UInt8) -> Int? {
        [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colourType]
    }

    private static func walk(_ source: ByteSource) throws -> (OrientationMetadata, pixelOffset: Int) {
        var metadata = OrientationMetadata()
        var pixelOffset: Int?
        var offset = 8
        while offset + 12 <= source.count {
            let head = try source.bytes(at: offset, count: 8)
            guard let length = head.bigEndian(at: 0, count: 4), length <= source.count - offset - 12 else { break }
            switch String(decoding: head[4..<8], as: UTF8.self) {
            case "IDAT": pixelOffset = pixelOffset ?? offset
            case "eXIf": metadata.add(exif: try source.bytes(at: offset + 8, count: length))
            case "iTXt", "tEXt", "zTXt": try add(to: &metadata, textAt: offset, length, source)
            case "IEND": offset = source.count
            default: break
            }
            offset += length + 12
        }
        guard let pixelOffset else { throw source.truncated() }
        return (metadata, pixelOffset)
    }
}
