import Foundation

/// Whether something can listen on a port.
struct PortReading: Equatable, Sendable {
    /// The port; 0 stands for any one of loopback.
    var port: UInt16
    /// Why not; `nil` if it is free.
    var refusal: String?

    init(port: UInt16, refusal: String? = nil) {
        self.port = port
        self.refusal = refusal
    }

    /// Listens on a port of all addresses for a moment, or on any port of the loopback address where it is 0.
    init(listeningOn port: UInt16) {
        self.port = port
        #if os(Linux)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else {
            refusal = String(cString: strerror(errno))
            return
        }
        defer { close(descriptor) }
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = port == 0 ? UInt32(0x7F00_0001).bigEndian : 0
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        if bound != 0 || listen(descriptor, 1) != 0 { refusal = String(cString: strerror(errno)) }
    }
}
