import Foundation
import Synchronization

/// A server that answers the first request that it gets with given bytes, and then nothing more.
final class OneAnswer: Sendable {
    private let descriptor: Int32
    private let received = Mutex("")

    /// Listens on a loopback port; nil where it cannot.
    init?(port: UInt16, _ answer: String) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        #if os(Linux)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        let socket = descriptor
        let isBound = withUnsafeBytes(of: &address) { bytes in
            guard let start = bytes.baseAddress else { return false }
            return bind(socket, start.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
        }
        guard isBound, listen(socket, 5) == 0 else {
            Foundation.close(socket)
            return nil
        }
        Thread.detachNewThread { [self] in serve(answer) }
    }

    /// What was asked first.
    var request: String { received.withLock { $0 } }

    /// Stops listening.
    func close() { Foundation.close(descriptor) }

    private func serve(_ answer: String) {
        let peer = accept(descriptor, nil, nil)
        guard peer >= 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(peer, &bytes, bytes.count)
        received.withLock { $0 = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self) }
        _ = Array(answer.utf8).withUnsafeBytes { write(peer, $0.baseAddress, $0.count) }
        // The peer closes once it has read the answer.
        _ = read(peer, &bytes, bytes.count)
        Foundation.close(peer)
    }
}
