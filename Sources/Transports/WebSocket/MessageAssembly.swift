import NIOCore
import NIOWebSocket

/// Puts WebSocket frames together into messages of a bounded size.
struct MessageAssembly {
    /// What a frame amounts to.
    enum Outcome: Equatable {
        /// More frames of the message are to come, or the frame means nothing here.
        case nothing
        /// A whole message.
        case message(ByteBuffer)
        /// A ping to answer with the same bytes.
        case ping(ByteBuffer)
        /// The answer to a ping.
        case pong
        /// The peer closes.
        case close
        /// The peer breaks the protocol, and why.
        case violation(String)
    }

    /// Whether frames must be masked: those of a client are, those of a server are not.
    let expectsMasks: Bool
    /// The most bytes of a message.
    let limit: Int
    private var parts: ByteBuffer?

    init(expectsMasks: Bool, limit: Int) {
        self.expectsMasks = expectsMasks
        self.limit = limit
    }

    /// Takes the next frame.
    mutating func take(_ frame: WebSocketFrame) -> Outcome {
        guard (frame.maskKey != nil) == expectsMasks else { return .violation("a frame's mask is not as it must be") }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return .violation("an extension that was not agreed on") }
        switch frame.opcode {
        case .binary where parts == nil, .continuation where parts != nil: return append(frame)
        case .ping: return .ping(frame.unmaskedData)
        case .pong: return .pong
        case .connectionClose: return .close
        default: return .violation("a frame of kind \(frame.opcode) is not expected here")
        }
    }

    private mutating func append(_ frame: WebSocketFrame) -> Outcome {
        var data = frame.unmaskedData
        guard (parts?.readableBytes ?? 0) + data.readableBytes <= limit else {
            return .violation("a message of more than \(limit) bytes")
        }
        if parts == nil { parts = data } else { parts?.writeBuffer(&data) }
        guard frame.fin else { return .nothing }
        defer { parts = nil }
        return parts.map { .message($0) } ?? .nothing
    }
}
