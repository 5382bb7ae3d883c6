/// Finds the orientation in an image's metadata: the first EXIF block decides, and XMP where EXIF has none.
struct OrientationMetadata {
    private var exif: [UInt8]?
    /// An EXIF block that counts where there is no other.
    private var profile: [UInt8]?
    private var xmp: [UInt8]?

    /// The orientation; upright where nothing valid is said.
    var orientation: ImageOrientation {
        let value = (exif ?? profile).flatMap(Self.orientation(exif:)) ?? xmp.flatMap(Self.orientation(xmp:))
        return value.flatMap(ImageOrientation.init(rawValue:)) ?? .upright
    }

    /// Takes the payload of a JPEG APP1 segment, which holds EXIF, XMP or something else.
    mutating func add(app1 payload: [UInt8]) {
        let xmpMark = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
        if payload.starts(with: Self.exifMark) {
            add(exif: payload)
        } else if payload.starts(with: xmpMark) {
            add(xmp: Array(payload.dropFirst(xmpMark.count)))
        }
    }

    /// Takes an EXIF block, with or without JPEG's mark before it.
    mutating func add(exif block: [UInt8]) {
        guard exif == nil else { return }
        exif = Self.withoutMark(block)
    }

    /// Takes the text that ImageMagick calls `Raw profile type exif`: three lines, and an EXIF block in hexadecimal.
    mutating func add(rawProfile text: [UInt8]) {
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let digits = lines.dropFirst(3).joined().compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        let block = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        profile = profile ?? Self.withoutMark(block)
    }

    private static func withoutMark(_ block: [UInt8]) -> [UInt8] {
        block.starts(with: exifMark) ? Array(block.dropFirst(exifMark.count)) : block
    }

    /// Takes an XMP packet.
    mutating func add(xmp packet: [UInt8]) { xmp = xmp ?? packet }

    private static let exifMark = Array("Exif\0\0".utf8)
    private static let orientationTag = 0x0112

    /// The tag's value in image directory 0 of a TIFF structure (TIFF 6.0, section 2).
    private static func orientation(exif bytes: [UInt8]) -> Int? {
        let isLittle = bytes.starts(with: Array("II*\0".utf8))
        guard isLittle || bytes.starts(with: Array("MM\0*".utf8)) else { return nil }
        func number(_ offset: Int, _ count: Int) -> Int? {
            isLittle ? bytes.littleEndian(at: offset, count: count) : bytes.bigEndian(at: offset, count: count)
        }
        guard let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
        for entry in 0..<entries {
            let offset = directory + 2 + 12 * entry
            guard let tag = number(offset, 2), let type = number(offset + 2, 2) else { return nil }
            guard tag == orientationTag else { continue }
            let width = [1: 1, 3: 2, 4: 4][type]
            return width.flatMap { number(offset + 8, $0) }
        }
        return nil
    }

    /// The digit after `tiff:Orientation="` or `tiff:Orientation>`.
    private static func orientation(xmp bytes: [UInt8]) -> Int? {
        let key = Array("tiff:Orientation".utf8)
        for start in bytes.indices.dropLast(key.count) where bytes[start...].starts(with: key) {
            var rest = bytes[(start + key.count)...]
            if rest.starts(with: Array("=\"".utf8)) {
                rest = rest.dropFirst(2)
            } else if rest.first == UInt8(ascii: ">") {
                rest = rest.dropFirst()
            } else {
                continue
            }
            if let digit = rest.first, (0x30...0x39).contains(digit) { return Int(digit) - 0x30 }
        }
        return nil
    }
}
