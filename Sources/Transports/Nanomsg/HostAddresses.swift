import Foundation

/// What the system's resolver knows: nanomsg looks names up itself, but says nothing where there is no such name.
enum HostAddresses {
    /// Whether IPv6 sockets can be made.
    static let systemHasIPv6: Bool = {
        let probe = try? withAddresses(of: "::", numeric: true) { try boundPort($0.pointee) }
        return probe != nil
    }()

    /// A name's addresses, in the order in which the system would try them.
    ///
    /// - Throws: `TransportError.unresolvable`.
    static func resolve(_ name: String) throws -> [Endpoint.Host] {
        try withAddresses(of: name, numeric: false) { first in
            var hosts: [Endpoint.Host] = []
            for entry in sequence(first: first, next: { $0.pointee.ai_next.map { UnsafePointer($0) } }) {
                if let host = host(entry.pointee), !hosts.contains(host) { hosts.append(host) }
            }
            guard !hosts.isEmpty else { throw TransportError(.unresolvable, "\(name): has no usable address") }
            return hosts
        }
    }

    /// A port that nothing uses at the moment and that the system gives to no outgoing connection.
    ///
    /// Where a server is gone, a client that dials its port from the same machine could otherwise be given that very port
    /// and be connected to itself, and libnanomsg ends a process that reads its own ws request.
    static func freePort(on host: Endpoint.Host) throws -> UInt16 {
        let node =
            switch host {
            case .any: systemHasIPv6 ? "::" : "0.0.0.0"
            case .ipv4(let text), .ipv6(let text), .name(let text): text
            }
        for _ in 0..<100 {
            let port = UInt16.random(in: 10_000...60_000)
            guard !outgoingPorts.contains(port) else { continue }
            let isFree = try withAddresses(of: node, port: port, numeric: true) { try? boundPort($0.pointee) } == port
            if isFree { return port }
        }
        return try withAddresses(of: node, numeric: true) { try boundPort($0.pointee) }
    }

    /// The ports that the system gives to outgoing connections.
    static let outgoingPorts: ClosedRange<UInt16> = {
        let file = "/proc/sys/net/ipv4/ip_local_port_range"
        let bounds = (try? String(contentsOfFile: file, encoding: .utf8))?.split(whereSeparator: \.isWhitespace)
        guard let bounds = bounds?.compactMap({ UInt16($0) }), bounds.count == 2, bounds[0] <= bounds[1] else {
            return 32_768...60_999
        }
        return bounds[0]...bounds[1]
    }()

    private static func withAddresses<Result>(
        of node: String, port: UInt16 = 0, numeric: Bool, _ body: (UnsafePointer<addrinfo>) throws -> Result
    ) throws -> Result {
        var hints = addrinfo()
        hints.ai_protocol = Int32(IPPROTO_TCP)  // one entry an address, not one for each kind of socket
        hints.ai_flags = AI_PASSIVE | (numeric ? AI_NUMERICHOST : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(node, String(port), &hints, &list)
        guard status == 0, let list else {
            let reason = String(cString: gai_strerror(status))
            throw TransportError(.unresolvable, "the host “\(node)” has no address (\(reason)): check the name and DNS")
        }
        defer { freeaddrinfo(list) }
        return try body(list)
    }

    private static func host(_ entry: addrinfo) -> Endpoint.Host? {
        guard let text = numeric(entry.ai_addr, entry.ai_addrlen)?.host else { return nil }
        return Endpoint.Host(entry.ai_family == AF_INET6 ? "[\(text)]" : Substring(text))
    }

    /// Binds a socket that never listens, and so leaves nothing behind, to the port that is asked for, or for 0 to one of the
    /// system's choice.
    private static func boundPort(_ entry: addrinfo) throws -> UInt16 {
        let descriptor = socket(entry.ai_family, entry.ai_socktype, entry.ai_protocol)
        guard descriptor >= 0 else { throw problem("no socket can be made") }
        defer { close(descriptor) }
        guard bind(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 else { throw problem("no port can be taken") }
        var storage = sockaddr_storage()
        let port = withUnsafeMutableBytes(of: &storage) { storage -> UInt16? in
            let address = storage.assumingMemoryBound(to: sockaddr.self)
            var size = socklen_t(storage.count)
            guard let base = address.baseAddress, getsockname(descriptor, base, &size) == 0 else { return nil }
            return numeric(base, size)?.port
        }
        guard let port else { throw problem("a socket does not tell its port") }
        return port
    }

    private static func numeric(_ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> (host: String, port: UInt16)?
    {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: 16)
        let status = getnameinfo(
            address, size, &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
        guard status == 0, let number = UInt16(text(port)) else { return nil }
        return (text(host), number)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func problem(_ what: String) -> TransportError {
        TransportError(.unavailable, "\(what): \(String(cString: strerror(errno)))")
    }
}
