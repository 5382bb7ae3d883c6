import Foundation

/// Protocol Buffers' wire format, as far as it is needed to write: each field is a key (number · 8 + wire type) and a
/// value.
struct ProtobufMessage {
    private(set) var data = Data()

    /// Wire type 0: seven bits a byte, lowest first.
    mutating func append(varint value: UInt64, field: UInt64) {
        appendVarint(field << 3)
        appendVarint(value)
    }

    /// Wire type 1: eight bytes, little-endian.
    mutating func append(double value: Double, field: UInt64) {
        appendVarint(field << 3 | 1)
        data.append(littleEndian: value.bitPattern)
    }

    /// Wire type 2: a length and so many bytes.
    mutating func append(bytes: Data, field: UInt64) {
        appendVarint(field << 3 | 2)
        appendVarint(UInt64(bytes.count))
        data.append(bytes)
    }

    /// Wire type 5: four bytes, little-endian.
    mutating func append(float value: Float, field: UInt64) {
        appendVarint(field << 3 | 5)
        data.append(littleEndian: value.bitPattern)
    }

    private mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            data.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        data.append(UInt8(rest))
    }
}

extension Data {
    /// Appends an integer's bytes, lowest first.
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
