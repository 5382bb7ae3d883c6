import CNanomsg
import Foundation

extension NanomsgSocket {
    /// A message, and the ancillary data that names where it came from.
    struct Message {
        var bytes: Data
        var route: [UInt8]
    }

    /// Room for the ancillary data of a request that came straight from its dialer: 40 bytes, and more than enough for
    /// the eight hops that nanomsg allows.
    private static let longestRoute = 128

    /// Sends a message.
    ///
    /// - Parameter route: where to, on a raw socket; a route that leads nowhere is no error.
    func send(_ bytes: Data, route: [UInt8] = []) throws {
        // nanomsg reads what these point to and keeps nothing of it.
        try bytes.withUnsafeBytes { bytes in
            try route.withUnsafeBytes { route in
                var part = nn_iovec(
                    iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
                try withUnsafeMutablePointer(to: &part) { part in
                    var header = nn_msghdr(
                        msg_iov: part, msg_iovlen: 1,
                        msg_control: route.isEmpty ? nil : UnsafeMutableRawPointer(mutating: route.baseAddress),
                        msg_controllen: route.count)
                    try counted { number in
                        // Neither kind of socket waits here, so there is no time to count.
                        var count: Int32
                        repeat { count = nn_sendmsg(number, &header, 0) } while count < 0 && nn_errno() == EINTR
                        return count
                    }
                }
            }
        }
    }

    /// Waits for a message, as long as `NN_RCVTIMEO` says or until a signal comes. Its memory is nanomsg's own buffer,
    /// not a copy.
    func receive() throws -> Message {
        try withUnsafeTemporaryAllocation(byteCount: Self.longestRoute, alignment: MemoryLayout<nn_cmsghdr>.alignment) {
            control in
            control.initializeMemory(as: UInt8.self, repeating: 0)
            var buffer: UnsafeMutableRawPointer?
            let count = try withUnsafeMutablePointer(to: &buffer) { buffer in
                var part = nn_iovec(iov_base: buffer, iov_len: nn_whole_message())
                return try withUnsafeMutablePointer(to: &part) { part in
                    var header = nn_msghdr(
                        msg_iov: part, msg_iovlen: 1, msg_control: control.baseAddress, msg_controllen: control.count)
                    return try counted { nn_recvmsg($0, &header, 0) }
                }
            }
            return Message(bytes: Self.adopt(buffer, count: count), route: Self.route(UnsafeRawBufferPointer(control)))
        }
    }

    /// Makes a call that returns a count of bytes.
    @discardableResult
    private func counted(_ body: (Int32) -> Int32) throws -> Int {
        try call { number in
            let count = body(number)
            guard count >= 0 else { throw NanomsgFailure.last }
            return Int(count)
        }
    }

    /// Takes over a message that nanomsg has allocated.
    private static func adopt(_ buffer: UnsafeMutableRawPointer?, count: Int) -> Data {
        guard let buffer else { return Data() }
        guard count > 0 else {
            nn_freemsg(buffer)
            return Data()
        }
        return Data(bytesNoCopy: buffer, count: count, deallocator: .custom { buffer, _ in nn_freemsg(buffer) })
    }

    /// The first piece of ancillary data, if it is a routing header: what a reply has to carry.
    private static func route(_ control: UnsafeRawBufferPointer) -> [UInt8] {
        let header = control.load(as: nn_cmsghdr.self)
        guard header.cmsg_level == PROTO_SP, header.cmsg_type == SP_HDR, header.cmsg_len <= control.count else {
            return []
        }
        return [UInt8](control.prefix(header.cmsg_len))
    }
}
