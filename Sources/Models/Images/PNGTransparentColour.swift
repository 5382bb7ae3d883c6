import Foundation

/// The one colour that a PNG's `tRNS` chunk makes transparent, as Pillow's `load_image(…).info["transparency"]` has it
/// after `convert("RGB")`.
///
/// Pillow's rules, quirks included: grey keys of 2 and 4 bits are compared with the widened samples; keys of colour
/// files count modulo 256; a palette has a key only if one entry is fully transparent and all others are opaque.
struct PNGTransparentColour {
    private var depth: UInt8 = 0
    private var colourType: UInt8 = 0
    private var palette: [UInt8] = []
    private var transparency: [UInt8]?

    /// The colour, or `nil` if the file has none. Damage is left for the decoder to find.
    static func find(in png: Data) -> RGBColour? {
        png.withUnsafeBytes { bytes in
            guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return nil }
            var found = PNGTransparentColour()
            var offset = 8
            while offset + 12 <= bytes.count {
                let head = Array(bytes[offset..<offset + 8])
                guard let length = head.bigEndian(at: 0, count: 4), length <= bytes.count - offset - 12 else { break }
                let kind = String(decoding: head[4..<8], as: UTF8.self)
                if kind == "IDAT" { break }
                found.add(kind, bytes[offset + 8..<offset + 8 + length])
                offset += length + 12
            }
            return found.colour
        }
    }

    private mutating func add(_ kind: String, _ content: Slice<UnsafeRawBufferPointer>) {
        switch kind {
        case "IHDR" where content.count == 13:
            depth = content[content.startIndex + 8]
            colourType = content[content.startIndex + 9]
        case "PLTE": palette = Array(content.prefix(768))
        case "tRNS": transparency = Array(content.prefix(257))
        default: break
        }
    }

    private var colour: RGBColour? {
        guard let transparency else { return nil }
        switch colourType {
        case 0: return greyKey(transparency)
        case 2: return transparency.count >= 6 ? RGBColour(transparency[1], transparency[3], transparency[5]) : nil
        case 3: return paletteKey(transparency)
        default: return nil
        }
    }

    /// 16-bit grey has no key here, because its low byte is not kept; of 1-bit grey only black can be one.
    private func greyKey(_ transparency: [UInt8]) -> RGBColour? {
        guard depth < 16, let key = transparency.bigEndian(at: 0, count: 2), depth > 1 || key == 0 else { return nil }
        let grey = UInt8(min(255, key))
        return RGBColour(grey, grey, grey)
    }

    private func paletteKey(_ opacities: [UInt8]) -> RGBColour? {
        // Pillow's pattern ends in `$`, which a newline, an opacity of 10, may follow.
        let newline: UInt8 = 10
        let entries = opacities.last == newline ? opacities.dropLast() : opacities[...]
        guard entries.count <= 256, entries.allSatisfy({ $0 == 0 || $0 == 255 }), let index = entries.firstIndex(of: 0),
            index == entries.lastIndex(of: 0)
        else { return nil }
        guard 3 * index + 3 <= palette.count else { return RGBColour(0, 0, 0) }
        return RGBColour(palette[3 * index], palette[3 * index + 1], palette[3 * index + 2])
    }
}

extension RGBColour {
    fileprivate init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) { self.init(red: red, green: green, blue: blue) }
}
