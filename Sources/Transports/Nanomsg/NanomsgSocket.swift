import CNanomsg
import Foundation
import Synchronization

/// One nanomsg socket: closed once, and never used after that, even where threads are inside it.
///
/// nanomsg gives a closed socket's number to the next one at once. A thread about to make a call would then make it on
/// a stranger's socket. So sockets are opened and closed one at a time, and a close is over only when every call that
/// had begun has returned.
final class NanomsgSocket: Sendable {
    private struct Use {
        var calls = 0
        var isClosed = false
    }

    private static let table = Mutex(())

    private let number: Int32
    private let use = Monitor(Use())

    /// - Parameters:
    ///   - domain: `AF_SP`, or `AF_SP_RAW` for a server that answers in any order.
    ///   - largest: the most bytes a message may have on the wire before nanomsg drops the link.
    init(domain: Int32, protocol kind: Int32, largest: Int32) throws {
        number = Self.table.withLock { _ in nn_socket(domain, kind) }
        guard number >= 0 else { throw Self.unavailable(.last) }
        do {
            try set(NN_RCVMAXSIZE, to: largest)
            // The kernel's limit (net.core.rmem_max) may be lower; the default of 128 KiB is too little for a long way.
            try set(NN_SNDBUF, to: 4 << 20)
            try set(NN_RCVBUF, to: 4 << 20)
            try set(NN_TCP_NODELAY, to: 1, level: NN_TCP)
            try set(NN_WS_MSG_TYPE, to: Int32(NN_WS_MSG_TYPE_BINARY), level: NN_WS)
        } catch {
            close()
            throw TransportError(.unavailable, "a socket refuses an option", cause: error)
        }
    }

    deinit { close() }

    /// What is thrown where nanomsg makes no socket.
    static func unavailable(_ failure: NanomsgFailure) -> TransportError {
        let hint =
            failure.code == EMFILE
            ? ": this process has too many sockets or files open; nanomsg gives a process 512 sockets, and `ulimit -n` is the "
                + "most files: close connections, or raise it" : ""
        return TransportError(.unavailable, "no socket can be made\(hint)", cause: failure)
    }

    /// Makes a call on the socket. It must return soon after the socket is closed, as nanomsg's own calls do.
    func call<Result>(_ body: (Int32) throws -> Result) throws -> Result {
        try use.withLock { use in
            guard !use.isClosed else { throw NanomsgFailure(code: EBADF) }
            use.calls += 1
        }
        defer { use.withLock { $0.calls -= 1 } }
        return try body(number)
    }

    /// Closes the socket and wakes every thread that waits in it; does nothing the second time.
    func close() {
        let isFirst = use.withLock { use in
            defer { use.isClosed = true }
            return !use.isClosed
        }
        guard isFirst else { return }
        Self.table.withLock { _ in
            while nn_close(number) != 0, NanomsgFailure.last.isInterruption {}
            use.wait { $0.calls == 0 ? () : nil }
        }
    }

    /// Sets an option that is a number.
    func set(_ option: Int32, to value: Int32, level: Int32 = NN_SOL_SOCKET) throws {
        try call { number in
            let status = withUnsafeBytes(of: value) {
                nn_setsockopt(number, level, option, $0.baseAddress, $0.count)
            }
            if status != 0 { throw NanomsgFailure.last }
        }
    }

    /// Listens on an address.
    func bind(_ address: NanomsgAddress) throws {
        try set(NN_IPV4ONLY, to: address.isIPv4Only ? 1 : 0)
        try call { if nn_bind($0, address.text) < 0 { throw NanomsgFailure.last } }
    }

    /// Keeps a connection to an address, from now on and whether or not someone listens there.
    func connect(_ address: NanomsgAddress) throws {
        try set(NN_IPV4ONLY, to: address.isIPv4Only ? 1 : 0)  // is kept for this address's connections
        try call { if nn_connect($0, address.text) < 0 { throw NanomsgFailure.last } }
    }
}
