import Foundation

/// A peer on TCP that speaks no protocol.
final class TCPPeer: Sendable {
    /// How a connection of nanomsg's REQ protocol begins.
    static let greeting: [UInt8] = [0, 0x53, 0x50, 0, 0, 0x30, 0, 0]

    private let descriptor: Int32

    #if os(Linux)
        private static let stream = Int32(SOCK_STREAM.rawValue)
    #else
        private static let stream = SOCK_STREAM
    #endif

    /// Connects to a port of 127.0.0.1.
    init?(port: UInt16) {
        descriptor = socket(AF_INET, Self.stream, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status != 0 { return nil }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, 0x4000) }
    }

    /// The beginning of a message of some length.
    static func header(announcing length: UInt64) -> [UInt8] {
        greeting + withUnsafeBytes(of: length.bigEndian) { [UInt8]($0) }
    }
}
