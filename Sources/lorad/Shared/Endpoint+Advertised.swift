import Foundation
import Transports

extension Endpoint {
    /// The endpoint by an address that other machines can reach: instead of "every address of this machine", the first
    /// that is not a loopback one.
    var advertised: Endpoint {
        guard let host, host.isWildcard, let address = Self.address() else { return self }
        return switch self {
        case .tcp(_, let port): .tcp(.ipv4(address), port: port)
        case .ws(_, let port, let path): .ws(.ipv4(address), port: port, path: path)
        case .wss, .ipc, .inproc: self
        }
    }

    /// An IPv4 address of this machine, or the loopback one.
    private static func address() -> String? {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return nil }
        defer { freeifaddrs(first) }
        for interface in sequence(first: first, next: { $0?.pointee.ifa_next }).compactMap({ $0?.pointee }) {
            guard let address = interface.ifa_addr, address.pointee.sa_family == AF_INET,
                interface.ifa_flags & UInt32(IFF_LOOPBACK) == 0
            else { continue }
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            guard getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else {
                continue
            }
            return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return "127.0.0.1"
    }
}
