public import Foundation

/// What a record holds: a message, and the raw bytes it speaks of (a chunk of a tensor file, or nothing).
///
///     0        4                    4 + n
///     ┌────────┬────────────────────┬─────────────┐
///     │ n      │ message, n bytes   │ payload …   │      n: little-endian, 32 bits
///     └────────┴────────────────────┴─────────────┘
///
/// The payload needs no length, because a record has one.
public struct Frame: Hashable, Sendable {
    /// The bytes before the message.
    public static let headerSize = 4

    /// An encoded message.
    public var message: Data
    /// Bytes that the message describes; a part of the record's memory where the frame was decoded, so its indices need
    /// not start at 0.
    public var payload: Data

    /// Creates a frame.
    public init(message: Data, payload: Data = Data()) {
        self.message = message
        self.payload = payload
    }

    /// Reads a frame without copying it.
    ///
    /// - Parameters:
    ///   - record: the whole frame, and nothing else.
    ///   - messageLimit: the most bytes its message may have; the payload is bounded by the record.
    /// - Throws: `TransportError`: `malformed` if the record ends too early, `tooLarge` above the limit.
    public init(decoding record: Data, messageLimit: Int) throws {
        guard record.count >= Self.headerSize else {
            throw TransportError(
                .malformed, "a frame of \(record.count) bytes: its header alone has \(Self.headerSize)")
        }
        let body = record.dropFirst(Self.headerSize)
        let length = Int(UInt32(littleEndian: record.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }))
        guard length <= messageLimit else {
            throw TransportError(.tooLarge, "a frame's message of \(length) bytes: the limit is \(messageLimit)")
        }
        guard length <= body.count else {
            throw TransportError(.malformed, "a frame's message of \(length) bytes, of which \(body.count) are there")
        }
        message = body.prefix(length)
        payload = body.dropFirst(length)
    }

    /// The frame as bytes.
    ///
    /// - Throws: `TransportError.tooLarge` if the message's length does not fit its 32 bits.
    public func encoded() throws -> Data {
        guard let length = UInt32(exactly: message.count) else {
            throw TransportError(.tooLarge, "a frame's message of \(message.count) bytes: at most \(UInt32.max)")
        }
        var record = Data(capacity: Self.headerSize + message.count + payload.count)
        withUnsafeBytes(of: length.littleEndian) { record.append(contentsOf: $0) }
        record.append(message)
        record.append(payload)
        return record
    }
}
