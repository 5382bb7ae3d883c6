/// Walks the marker segments of a JPEG (ITU-T T.81, annex B) up to its first scan.
enum JPEGHeader {
    private struct Frame {
        let width: Int
        let height: Int
        let channels: Int
    }

    static func read(from source: ByteSource) throws -> ImageHeader {
        var frame: Frame?
        var metadata = OrientationMetadata()
        var offset = 2
        while true {
            let (marker, payload) = try nextMarker(in: source, from: offset)
            if isStandalone(marker) {
                guard marker != endOfImage else { throw source.truncated() }
                offset = payload
                continue
            }
            let length = try source.bytes(at: payload, count: 2).bigEndian(at: 0, count: 2) ?? 0
            guard length >= 2 else { throw corrupt(source, "a segment has length \(length)") }
            if marker == startOfScan {
                return try header(frame, metadata, pixelOffset: payload + length, source)
            }
            if isFrame(marker) {
                frame = try self.frame(source.bytes(at: payload + 2, count: length - 2), source)
            } else if marker == app1 {
                metadata.add(app1: try source.bytes(at: payload + 2, count: length - 2))
            }
            offset = payload + length
        }
    }

    /// Whether the compressed data is followed by an end mark; without one the file was cut.
    static func hasEndMark(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> Bool {
        guard offset >= 0, offset + 1 < bytes.count else { return false }
        return (offset..<bytes.count - 1).contains { bytes[$0] == 0xFF && bytes[$0 + 1] == endOfImage }
    }

    private static let endOfImage: UInt8 = 0xD9
    private static let startOfScan: UInt8 = 0xDA
    private static let app1: UInt8 = 0xE1
    /// How many bytes that belong to no segment are skipped in search of the next.
    private static let strayBytes = 1 << 16

    private static func isStandalone(_ marker: UInt8) -> Bool {
        marker == 0x01 || (0xD0...0xD9).contains(marker)
    }

    /// SOF0 … SOF15, less the three codes that mean other things (DHT, JPG, DAC).
    private static func isFrame(_ marker: UInt8) -> Bool {
        (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker)
    }

    /// The next marker at or after `offset`, stray bytes skipped, and where its payload begins.
    private static func nextMarker(in source: ByteSource, from start: Int) throws -> (marker: UInt8, payload: Int) {
        var offset = start
        var previous: UInt8 = 0
        while offset - start < strayBytes {
            let byte = try source.bytes(at: offset, count: 1)[0]
            offset += 1
            if previous == 0xFF, byte != 0, byte != 0xFF { return (byte, offset) }
            previous = byte
        }
        throw corrupt(source, "no marker follows byte \(start)")
    }

    private static func frame(_ payload: [UInt8], _ source: ByteSource) throws -> Frame {
        guard let precision = payload.first, let height = payload.bigEndian(at: 1, count: 2),
            let width = payload.bigEndian(at: 3, count: 2), let channels = payload.bigEndian(at: 5, count: 1)
        else { throw corrupt(source, "its frame header is too short") }
        guard precision == 8, [1, 3, 4].contains(channels) else {
            throw ModelError(
                .unsupported,
                "\(source.name): expected an 8-bit JPEG of 1, 3 or 4 components, found \(channels) of "
                    + "\(precision) bits; convert it")
        }
        return Frame(width: width, height: height, channels: channels)
    }

    private static func header(
        _ frame: Frame?, _ metadata: OrientationMetadata, pixelOffset: Int, _ source: ByteSource
    ) throws -> ImageHeader {
        guard let frame else { throw corrupt(source, "it has no frame header") }
        return ImageHeader(
            format: .jpeg, width: frame.width, height: frame.height, channels: frame.channels,
            orientation: metadata.orientation, pixelOffset: pixelOffset)
    }

    private static func corrupt(_ source: ByteSource, _ what: String) -> ModelError {
        ModelError(.corruptFile, "\(source.name): the JPEG is damaged: \(what); replace the file")
    }
}
