import CNanomsg
import Foundation
import Synchronization

/// The asking end: a cooked REQ socket, replaced after every timeout.
///
/// A new socket is a new connection, which helps where the old one leads nowhere (nanomsg has no keepalive, and a
/// router may have forgotten it), and the server drops a late reply by itself. On the old connection the late reply
/// could still be on its way when the next one is due, and the raw server socket drops a reply to a busy link.
final class NanomsgDialer: RequestDialer {
    private enum State {
        case idle
        case open(NanomsgSocket)
        case closed
    }

    private let endpoint: Endpoint
    private let limit: Int
    private let turn = Mutex(())
    private let state = Mutex(State.idle)

    init(endpoint: Endpoint, limit: Int) throws {
        self.endpoint = endpoint
        self.limit = limit
        _ = try openSocket()
    }

    func request(_ bytes: Data, timeout: Duration) throws -> Data {
        guard bytes.count <= limit else { throw TransportError.over(limit, "a request of \(bytes.count)", endpoint) }
        return try turn.withLock { _ in
            let socket = try openSocket()
            do {
                return try Self.exchange(bytes, on: socket, until: .now + timeout)
            } catch let failure as NanomsgFailure where failure.isClosure {
                throw closed()
            } catch let failure as NanomsgFailure where failure.isTimeout {
                discard(socket)
                throw TransportError(.timeout, "\(endpoint): no reply within \(timeout)")
            } catch {
                discard(socket)
                throw TransportError(.unavailable, "\(endpoint): the request failed", cause: error)
            }
        }
    }

    func close() {
        let socket = state.withLock { state -> NanomsgSocket? in
            defer { state = .closed }
            if case .open(let socket) = state { return socket }
            return nil
        }
        socket?.close()
    }

    private static func exchange(
        _ bytes: Data, on socket: NanomsgSocket, until deadline: ContinuousClock.Instant
    ) throws -> Data {
        try socket.set(NN_SNDTIMEO, to: milliseconds(until: deadline))
        try socket.send(bytes)
        while true {
            do {
                try socket.set(NN_RCVTIMEO, to: milliseconds(until: deadline))
                return try socket.receive().bytes
            } catch let failure as NanomsgFailure where failure.isInterruption {
                continue
            }
        }
    }

    /// What is left, at least one millisecond: nanomsg takes 0 and −1 for other things.
    private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
        return Int32(min(max(left.rounded(.up), 1), Double(Int32.max)))
    }

    /// The socket of the next request. Looking a name up may take long, and `close()` does not wait for it.
    private func openSocket() throws -> NanomsgSocket {
        if let socket = try currentSocket() { return socket }
        let socket = try NanomsgDialing.dial(endpoint, limit: limit)
        return try state.withLock { state in
            if case .closed = state { throw closed() }
            state = .open(socket)
            return socket
        }
    }

    private func currentSocket() throws -> NanomsgSocket? {
        try state.withLock { state in
            switch state {
            case .open(let socket): socket
            case .closed: throw closed()
            case .idle: nil
            }
        }
    }

    private func discard(_ socket: NanomsgSocket) {
        state.withLock { if case .open = $0 { $0 = .idle } }
        socket.close()
    }

    private func closed() -> TransportError { TransportError(.closed, "\(endpoint): this end was closed") }
}
