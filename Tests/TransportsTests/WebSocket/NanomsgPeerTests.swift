import Foundation
import TestSupport
import Testing

@testable import Transports

@Suite("nanomsg's ws", .serialized, .ownThreads, .timeLimit(.minutes(5)))
struct NanomsgPeerTests {
    private let old = NanomsgTransport()
    private let new = WebSocketTransport()

    @Test("gets along with SwiftNIO's at either end, so that releases may be mixed", arguments: [true, false])
    func mixed(_ isServerOld: Bool) throws {
        let (listening, dialing): (any Transport, any Transport) = isServerOld ? (old, new) : (new, old)
        let server = try listening.listen(on: Endpoint("ws://127.0.0.1:0/lorad"), limit: 1 << 20)
        let answering = server.answerReversed()
        let dialer = try dialing.dial(server.endpoint, limit: 1 << 20)
        for size in [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20] {
            let bytes = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) })
            try dialer.expectReply(Data(bytes.reversed()), to: bytes)
        }
        dialer.close()
        server.close()
        try answering.join()
    }
}
