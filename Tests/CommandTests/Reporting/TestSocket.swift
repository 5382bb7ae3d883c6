import Foundation

/// A connection to a port of this machine.
struct TestSocket {
    private let descriptor: Int32

    init(port: Int) throws {
        #if os(Linux)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard status == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    /// The connection, which closes with the handle.
    func open() -> FileHandle { FileHandle(fileDescriptor: descriptor, closeOnDealloc: true) }

    /// Sends a text, and gives what comes back until the other end closes.
    ///
    /// - Parameter isLast: whether the other end is told that nothing more will be sent.
    func ask(_ text: String, isLast: Bool = false) throws -> String {
        let file = open()
        try file.write(contentsOf: Data(text.utf8))
        if isLast { shutdown(descriptor, Int32(SHUT_WR)) }
        return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    }
}
