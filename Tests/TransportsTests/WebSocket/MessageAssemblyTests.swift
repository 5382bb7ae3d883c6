import Foundation
import NIOCore
import NIOWebSocket
import Testing

@testable import Transports

@Suite("WebSocket frames")
struct MessageAssemblyTests {
    private func frame(
        _ text: String, _ opcode: WebSocketOpcode = .binary, fin: Bool = true, mask: WebSocketMaskingKey? = nil,
        rsv: Bool = false
    ) -> WebSocketFrame {
        WebSocketFrame(fin: fin, rsv1: rsv, opcode: opcode, maskKey: mask, data: ByteBuffer(string: text))
    }

    private func server(limit: Int = 10) -> MessageAssembly { MessageAssembly(expectsMasks: false, limit: limit) }

    @Test("are messages, alone or in parts, with pings between the parts")
    func messages() {
        var assembly = server()
        #expect(assembly.take(frame("whole")) == .message(ByteBuffer(string: "whole")))
        #expect(assembly.take(frame("")) == .message(ByteBuffer()))
        #expect(assembly.take(frame("in ", fin: false)) == .nothing)
        #expect(assembly.take(frame("p", .ping)) == .ping(ByteBuffer(string: "p")))
        #expect(assembly.take(frame("", .pong)) == .pong)
        #expect(assembly.take(frame("parts", .continuation, fin: false)) == .nothing)
        #expect(assembly.take(frame("", .continuation)) == .message(ByteBuffer(string: "in parts")))
        #expect(assembly.take(frame("", .connectionClose)) == .close)
    }

    @Test("of a client are unmasked; without a mask they break the protocol, as a server's with one do")
    func masks() {
        let key: WebSocketMaskingKey = [1, 2, 3, 4]
        var bytes = ByteBuffer(string: "hello")
        bytes.webSocketMask(key)
        let masked = WebSocketFrame(fin: true, opcode: .binary, maskKey: key, data: bytes)
        var server = MessageAssembly(expectsMasks: true, limit: 10)
        #expect(server.take(masked) == .message(ByteBuffer(string: "hello")))
        #expect(isViolation(server.take(frame("hello"))))
        var client = self.server()
        #expect(isViolation(client.take(masked)))
    }

    @Test("hold no more than the limit")
    func limit() {
        var assembly = server()
        #expect(assembly.take(frame("0123456789")) == .message(ByteBuffer(string: "0123456789")))
        #expect(isViolation(assembly.take(frame("0123456789a"))))
        var parts = server()
        #expect(parts.take(frame("01234567", fin: false)) == .nothing)
        #expect(isViolation(parts.take(frame("89a", .continuation))))
    }

    @Test("of kinds and in orders that the protocol does not have are refused")
    func violations() {
        var assembly = server()
        #expect(isViolation(assembly.take(frame("x", .text))))
        #expect(isViolation(assembly.take(frame("x", .continuation))))
        #expect(isViolation(assembly.take(frame("x", rsv: true))))
        #expect(
            isViolation(
                assembly.take(
                    WebSocketFrame(fin: true, opcode: WebSocketOpcode(encodedWebSocketOpcode: 0xB)!, data: ByteBuffer())
                )))
        #expect(assembly.take(frame("x", fin: false)) == .nothing)
        #expect(isViolation(assembly.take(frame("x", fin: false))))
    }

    private func isViolation(_ outcome: MessageAssembly.Outcome) -> Bool {
        if case .violation = outcome { true } else { false }
    }

    @Test("carry messages with their numbers")
    func numbers() throws {
        let message = NumberedMessage(number: 7, bytes: .init([1, 2]))
        #expect(Array(message.encoded.readableBytesView) == [0x80, 0, 0, 7, 1, 2])
        #expect(NumberedMessage(message.encoded) == message)
        for bytes: [UInt8] in [[], [0x80], [0x80, 0, 0], [0, 0, 0, 7, 1]] {
            #expect(NumberedMessage(ByteBuffer(bytes: bytes)) == nil)
        }
    }
}
