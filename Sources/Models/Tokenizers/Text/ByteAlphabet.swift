/// The visible scalar that stands for each byte in byte-level vocabularies
/// (<https://github.com/openai/gpt-2/blob/master/src/encoder.py>).
enum ByteAlphabet {
    /// The scalar of each byte: itself where it is visible in Latin-1, otherwise the next one from U+0100 on.
    static let scalars: [UInt32] = {
        var next: UInt32 = 0x100
        return (0...255 as ClosedRange<UInt32>).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return byte
            default:
                next += 1
                return next - 1
            }
        }
    }()

    /// The byte of each scalar below U+0180 that stands for one; -1 for the others.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x180)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar)] = Int16(byte) }
        return bytes
    }()

    /// The scalar of a space.
    static let space: UInt32 = 0x120

    /// The byte a scalar stands for.
    static func byte(_ scalar: UInt32) -> UInt8? {
        guard scalar < bytes.count, bytes[Int(scalar)] >= 0 else { return nil }
        return UInt8(bytes[Int(scalar)])
    }

    /// Appends the scalars of the bytes of one scalar.
    @inline(__always)
    static func append(_ scalar: UInt32, to result: inout [UInt32]) {
        if scalar < 0x80 { return result.append(scalars[Int(scalar)]) }
        let count = UTF8Bytes.count(scalar)
        let lead: UInt32 = count == 2 ? 0xC0 : count == 3 ? 0xE0 : 0xF0
        result.append(scalars[Int(lead | scalar >> UInt32(6 * (count - 1)))])
        for index in stride(from: count - 2, through: 0, by: -1) {
            result.append(scalars[Int(0x80 | scalar >> UInt32(6 * index) & 0x3F)])
        }
    }
}
