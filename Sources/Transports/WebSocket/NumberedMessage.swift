import Foundation
import NIOCore

/// A request or a reply as nanomsg puts it into a WebSocket message: four bytes that number the request, then its bytes.
///
/// The highest bit of the number is set. Without it the four bytes would be a hop that a device has added; there are none
/// between two ends of lorad.
struct NumberedMessage: Equatable {
    /// The bytes before the message.
    static let headerSize = 4
    private static let mark: UInt32 = 0x8000_0000

    /// The request's number, its highest bit set.
    let number: UInt32
    /// The request or reply.
    let bytes: Data

    /// - Parameter number: the highest bit is set if it is not.
    init(number: UInt32, bytes: Data) {
        self.number = number | Self.mark
        self.bytes = bytes
    }

    /// Reads a message; nil if it has no number.
    init?(_ buffer: ByteBuffer) {
        var buffer = buffer
        guard let number = buffer.readInteger(as: UInt32.self), number & Self.mark != 0 else { return nil }
        self.number = number
        bytes = buffer.withUnsafeReadableBytes { Data($0) }
    }

    /// The message as a WebSocket carries it.
    var encoded: ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: Self.headerSize + bytes.count)
        buffer.writeInteger(number)
        bytes.withUnsafeBytes { _ = buffer.writeBytes($0) }
        return buffer
    }
}
