import Foundation

@testable import Transports

/// A peer that speaks no protocol.
struct RawPeer {
    private let descriptor: Int32

    #if os(Linux)
        private static let stream = Int32(SOCK_STREAM.rawValue)
    #else
        private static let stream = SOCK_STREAM
    #endif

    init?(tcpPort port: UInt16) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        self.init(AF_INET, &address) { connect($0, $1, $2) }
    }

    /// Leaves a socket at a path as a process does that is killed.
    static func abandonSocket(at path: String) -> Bool {
        var address = address(path)
        guard let peer = RawPeer(AF_UNIX, &address, { bind($0, $1, $2) }) else { return false }
        peer.close()
        return true
    }

    private init?<Address>(
        _ family: Int32, _ address: inout Address, _ attach: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) {
        descriptor = socket(family, Self.stream, 0)
        let status = withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { attach(descriptor, $0.baseAddress!, socklen_t(bytes.count)) }
        }
        guard status == 0 else {
            close()
            return nil
        }
    }

    func send(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } }

    func close() { _ = Foundation.close(descriptor) }

    private static func address(_ path: String) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return address
    }
}
