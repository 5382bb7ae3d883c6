import Foundation

/// Reads bytes from the front; what is not there is nil, never a trap.
struct ByteReader {
    /// What was not read yet.
    private(set) var rest: Data

    init(_ bytes: Data) { rest = bytes }

    mutating func take(_ count: Int) -> Data? {
        guard count >= 0, count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func byte() -> UInt8? { take(1)?.first }

    /// Eight bytes, the highest first.
    mutating func integer() -> UInt64? { take(8)?.reduce(0) { $0 << 8 | UInt64($1) } }
}

extension Data {
    /// Appends eight bytes, the highest first.
    mutating func append(integer: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: integer >> UInt64(shift)))
        }
    }
}
