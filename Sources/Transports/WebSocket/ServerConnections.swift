import Foundation
import NIOCore
import Synchronization

/// A server's open connections, and the way to each of them.
final class ServerConnections: Sendable {
    private struct State {
        var channels: [UInt64: any Channel] = [:]
        var last: UInt64 = 0
        var isClosed = false
    }

    private let most: Int
    private let deliver: @Sendable (IncomingRequest) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - most: connections at once.
    ///   - deliver: takes a request.
    init(most: Int, deliver: @escaping @Sendable (IncomingRequest) -> Void) {
        self.most = most
        self.deliver = deliver
    }

    /// How many there are.
    var count: Int { state.withLock { $0.channels.count } }

    /// Takes a connection in until it closes; nil where there are too many, or the server is closed.
    func admit(_ channel: any Channel) -> UInt64? {
        let number = state.withLock { state -> UInt64? in
            guard !state.isClosed, state.channels.count < most else { return nil }
            state.last += 1
            state.channels[state.last] = channel
            return state.last
        }
        guard let number else { return nil }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.state.withLock { $0.channels[number] = nil }
        }
        return number
    }

    /// Hands on a request of a connection.
    func received(_ message: NumberedMessage, on connection: UInt64) {
        deliver(IncomingRequest(bytes: message.bytes, ticket: ReplyTicket(connection, message.number)))
    }

    /// Sends a reply; it is dropped where the connection has gone or the ticket is another's.
    func reply(_ bytes: Data, to ticket: ReplyTicket) {
        guard let (connection, number) = ticket.connectionAndNumber,
            let channel = state.withLock({ $0.channels[connection] })
        else { return }
        channel.writeAndFlush(NumberedMessage(number: number, bytes: bytes).encoded, promise: nil)
    }

    /// Closes all of them, those to come included.
    func closeAll() {
        let channels = state.withLock { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }
}

extension ReplyTicket {
    /// The ticket of a connection's request: both numbers, highest byte first.
    init(_ connection: UInt64, _ number: UInt32) {
        route =
            withUnsafeBytes(of: connection.bigEndian) { [UInt8]($0) }
            + withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) }
    }

    /// The connection and its request; nil if the ticket is another transport's.
    var connectionAndNumber: (UInt64, UInt32)? {
        guard route.count == 12 else { return nil }
        let connection = route.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (connection, route.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
    }
}
