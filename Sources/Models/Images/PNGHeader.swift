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
            case "iTXt": metadata.add(internationalText: try source.bytes(at: offset + 8, count: length))
            case "IEND": offset = source.count
            default: break
            }
            offset += length + 12
        }
        guard let pixelOffset else { throw source.truncated() }
        return (metadata, pixelOffset)
    }
}
