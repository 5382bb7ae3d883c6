import Foundation

/// Reads a message from the front; what is not there throws, and no count is believed before the bytes are there.
struct MessageReader {
    private var rest: Data
    private let name: String

    /// - Parameter name: What is read, for errors.
    init(_ bytes: Data, of name: String) {
        rest = bytes
        self.name = name
    }

    mutating func take(_ count: Int) throws -> Data {
        guard count >= 0, count <= rest.count else {
            throw malformed("it ends \(count - rest.count) bytes early")
        }
        defer { rest = rest.dropFirst(count) }
        return Data(rest.prefix(count))
    }

    /// An unsigned integer, its lowest byte first.
    mutating func integer<Integer: FixedWidthInteger & UnsignedInteger>(_ type: Integer.Type) throws -> Integer {
        try take(Integer.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Integer($1) }
    }

    /// A count of items of at least `itemBytes` each, all of which must be there.
    mutating func count(itemBytes: Int) throws -> Int {
        let count = Int(try integer(UInt32.self))
        guard count <= rest.count / itemBytes else {
            throw malformed("it promises \(count) items of \(itemBytes) bytes and has \(rest.count) bytes")
        }
        return count
    }

    /// The bytes that are left.
    var remaining: Int { rest.count }

    /// Nothing may be left.
    func finish() throws {
        guard rest.isEmpty else { throw malformed("\(rest.count) bytes follow its end") }
    }

    func malformed(_ problem: String) -> PrivacyError {
        PrivacyError(.malformed, "\(name) cannot be read: \(problem); the sender may run another version")
    }
}

extension Data {
    /// Appends an unsigned integer, its lowest byte first.
    mutating func append(littleEndian value: some FixedWidthInteger & UnsignedInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
