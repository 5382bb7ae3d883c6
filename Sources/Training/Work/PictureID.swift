/// Identifies an image in a task that is sent to a worker: 32 bytes that depend only on its contents, computed by the
/// caller.
public struct PictureID: Hashable, Sendable, CustomStringConvertible {
    /// Bytes of an identifier.
    public static let byteCount = 32

    /// The identifier.
    public let bytes: [UInt8]

    /// Takes an identifier.
    ///
    /// - Throws: `TrainingError.invalidWork` unless it has 32 bytes.
    public init(_ bytes: [UInt8]) throws {
        guard bytes.count == Self.byteCount else {
            throw TrainingError(
                .invalidWork, "an image identifier has \(bytes.count) bytes, expected \(Self.byteCount)")
        }
        self.bytes = bytes
    }

    /// The first eight bytes in hexadecimal digits: enough to find it in a log.
    public var description: String {
        let digits = Array("0123456789abcdef")
        return String(bytes.prefix(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
