import Foundation

/// Writes work as bytes: integers of seven bits a byte, lowest first.
struct WorkWriter {
    private(set) var data = Data()

    mutating func write(_ value: Int) {
        var rest = UInt(bitPattern: value)
        while rest >= 0x80 {
            data.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        data.append(UInt8(rest))
    }

    mutating func write(_ bytes: [UInt8]) { data.append(contentsOf: bytes) }
}
