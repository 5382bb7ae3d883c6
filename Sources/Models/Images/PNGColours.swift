import CImageCodecs

/// Turns a PNG's samples (grey, palette indices or colour, with or without alpha) into RGB.
struct PNGColours {
    private let channels: Int
    private let isOpaque: Bool
    private let key: [Int]?
    /// What a one-channel sample means, as RGBA.
    private let table: [UInt8]

    init(_ file: lorad_png, alpha: AlphaTreatment) {
        channels = Int(file.channels)
        isOpaque = alpha == .dropped
        // Key colours of 16-bit files are compared before the low byte is lost, by readers that do; not here.
        let hasKey = file.has_key != 0 && file.bit_depth <= 8
        key = hasKey ? [Int(file.key.0), Int(file.key.1), Int(file.key.2)] : nil
        table = file.colour_type == 3 ? Self.paletteTable(file) : Self.greyTable(file, key: key?.first)
    }

    /// The RGB samples.
    func rgb(_ samples: [UInt8]) -> [UInt8] {
        if channels == 3, isOpaque || key == nil { return samples }
        let count = samples.count / channels
        return [UInt8](unsafeUninitializedCapacity: 3 * count) { target, initialized in
            samples.withUnsafeBufferPointer { source in
                table.withUnsafeBufferPointer { table in
                    for pixel in 0..<count {
                        let (red, green, blue, alpha) = colour(source, pixel * channels, table)
                        target[3 * pixel] = onWhite(red, alpha)
                        target[3 * pixel + 1] = onWhite(green, alpha)
                        target[3 * pixel + 2] = onWhite(blue, alpha)
                    }
                }
            }
            initialized = 3 * count
        }
    }

    @inline(__always)
    private func colour(
        _ samples: UnsafeBufferPointer<UInt8>, _ at: Int, _ table: UnsafeBufferPointer<UInt8>
    ) -> (UInt8, UInt8, UInt8, alpha: UInt8) {
        switch channels {
        case 1:
            let entry = 4 * Int(samples[at])
            return (table[entry], table[entry + 1], table[entry + 2], table[entry + 3])
        case 2:
            return (samples[at], samples[at], samples[at], samples[at + 1])
        case 3:
            let isKey = key.map { key in (0..<3).allSatisfy { Int(samples[at + $0]) == key[$0] } } ?? false
            return (samples[at], samples[at + 1], samples[at + 2], isKey ? 0 : 255)
        default:
            return (samples[at], samples[at + 1], samples[at + 2], samples[at + 3])
        }
    }

    @inline(__always)
    private func onWhite(_ sample: UInt8, _ alpha: UInt8) -> UInt8 {
        if isOpaque { return sample }
        let alpha = Int(alpha)
        return UInt8((Int(sample) * alpha + 255 * (255 - alpha)).roundedOver255)
    }

    /// An index beyond the palette is black.
    private static func paletteTable(_ file: lorad_png) -> [UInt8] {
        withUnsafeBytes(of: file.palette) { palette in
            withUnsafeBytes(of: file.palette_alpha) { alpha in
                (0..<256).flatMap { index -> [UInt8] in
                    let opacity = index < Int(file.palette_alpha_count) ? alpha[index] : 255
                    return [palette[3 * index], palette[3 * index + 1], palette[3 * index + 2], opacity]
                }
            }
        }
    }

    private static func greyTable(_ file: lorad_png, key: Int?) -> [UInt8] {
        let depth = min(8, max(1, Int(file.bit_depth)))
        let largest = (1 << depth) - 1
        return (0..<256).flatMap { sample -> [UInt8] in
            let grey = UInt8(min(sample, largest) * 255 / largest)
            return [grey, grey, grey, sample == key ? 0 : 255]
        }
    }
}
