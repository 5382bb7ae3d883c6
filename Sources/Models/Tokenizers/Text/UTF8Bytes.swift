/// The UTF-8 of scalars kept as numbers.
enum UTF8Bytes {
    /// How many bytes a scalar takes.
    @inline(__always)
    static func count(_ scalar: UInt32) -> Int {
        scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
    }

    /// Appends the bytes of a scalar.
    @inline(__always)
    static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        let count = count(scalar)
        guard count > 1 else { return bytes.append(UInt8(truncatingIfNeeded: scalar)) }
        let lead: [UInt32] = [0, 0, 0xC0, 0xE0, 0xF0]
        bytes.append(UInt8(truncatingIfNeeded: lead[count] | scalar >> UInt32(6 * (count - 1))))
        for index in stride(from: count - 2, through: 0, by: -1) {
            bytes.append(UInt8(truncatingIfNeeded: 0x80 | scalar >> UInt32(6 * index) & 0x3F))
        }
    }

    /// The bytes of a text.
    static func bytes(_ scalars: some Sequence<UInt32>) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in scalars { append(scalar, to: &bytes) }
        return bytes
    }

    /// The scalars of a text.
    static func scalars(of text: String) -> [UInt32] {
        var scalars: [UInt32] = []
        scalars.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars { scalars.append(scalar.value) }
        return scalars
    }

    /// The scalars of a text in UTF-8, with U+FFFD for what is not valid.
    static func scalars(_ bytes: some Collection<UInt8>) -> [UInt32] {
        String(decoding: bytes, as: UTF8.self).unicodeScalars.map(\.value)
    }
}
