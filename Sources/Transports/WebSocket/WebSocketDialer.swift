import Foundation
import NIOCore
import Synchronization

/// The asking end over WebSocket: a connection that is made when it is needed, and made anew after every timeout.
///
/// While a request waits, a connection that breaks is made again and the request sent again, as nanomsg does.
final class WebSocketDialer: RequestDialer {
    private struct State: Sendable {
        var isClosed = false
        var channel: (any Channel)?
        var reply: NumberedMessage?
        /// Gives up the connection that is being made, if one is.
        var abandon: (@Sendable () -> Void)?
    }

    /// Times between attempts to connect.
    private static let pauses: ClosedRange<Duration> = .milliseconds(100) ... .seconds(2)

    private let route: WebSocketRoute
    private let limit: Int
    private let longestConnecting: Duration
    private let turn = Mutex(UInt32.random(in: .min ... .max))
    private let state = Monitor(State())

    /// - Parameter longestConnecting: how long a connection may take; a path that leads nowhere is tried again then.
    init(_ route: WebSocketRoute, limit: Int, longestConnecting: Duration = .seconds(15)) {
        (self.route, self.limit, self.longestConnecting) = (route, limit, longestConnecting)
    }

    deinit { close() }

    func request(_ bytes: Data, timeout: Duration) throws -> Data {
        guard bytes.count <= limit else {
            throw TransportError.over(limit, "a request of \(bytes.count)", route.endpoint)
        }
        return try turn.withLock { last in
            last &+= 1
            let message = NumberedMessage(number: last, bytes: bytes)
            let deadline = ContinuousClock.now + timeout
            var pause = Self.pauses.lowerBound
            var cause: (any Error)?
            while ContinuousClock.now < deadline {
                do {
                    let channel = try connected(until: deadline)
                    if let reply = try exchange(message, on: channel, until: deadline) { return reply }
                } catch let error as TransportError where [.unavailable, .timeout, .malformed].contains(error.code) {
                    cause = error
                }
                try rest(min(deadline, .now + pause))
                pause = min(pause * 2, Self.pauses.upperBound)
            }
            discard()
            throw TransportError(.timeout, "\(route.endpoint): no reply within \(timeout)", cause: cause)
        }
    }

    func close() {
        let (channel, abandon) = state.withLock { state in
            state.isClosed = true
            defer { (state.channel, state.abandon) = (nil, nil) }
            return (state.channel, state.abandon)
        }
        channel?.close(promise: nil)
        abandon?()
    }

    /// Sends a request and waits for its reply; nil if the connection breaks.
    private func exchange(
        _ message: NumberedMessage, on channel: any Channel, until deadline: ContinuousClock.Instant
    ) throws -> Data? {
        state.withLock { $0.reply = nil }
        channel.writeAndFlush(message, promise: nil)
        let reply = try state.wait(until: deadline) { state -> Data?? in
            guard !state.isClosed else { throw closed() }
            if let reply = state.reply, reply.number == message.number { return .some(reply.bytes) }
            return state.channel == nil ? .some(nil) : nil
        }
        return reply ?? nil
    }

    private func connected(until deadline: ContinuousClock.Instant) throws -> any Channel {
        let current = try state.withLock { state in
            guard !state.isClosed else { throw closed() }
            return state.channel
        }
        if let current { return current }
        let left = min(ContinuousClock.now.duration(to: deadline), longestConnecting)
        defer { state.withLock { $0.abandon = nil } }
        let channel = try route.connect(
            limit: limit, timeout: .milliseconds(Int64(max(left / .milliseconds(1), 1).rounded(.up))),
            begun: { abandon in
                let isClosed = state.withLock { state in
                    state.abandon = abandon
                    return state.isClosed
                }
                if isClosed { abandon() }
            }
        ) { [weak state] reply in state?.withLock { $0.reply = reply } }
        let isClosed = state.withLock { state in
            if !state.isClosed { state.channel = channel }
            return state.isClosed
        }
        channel.closeFuture.whenComplete { [weak state] _ in
            state?.withLock { if $0.channel === channel { $0.channel = nil } }
        }
        guard !isClosed else {
            channel.close(promise: nil)
            throw closed()
        }
        return channel
    }

    /// Waits before the next attempt, unless this end is closed.
    private func rest(_ until: ContinuousClock.Instant) throws {
        let isClosed: Void? = state.wait(until: until) { $0.isClosed ? () : nil }
        if isClosed != nil { throw closed() }
    }

    private func discard() {
        let channel = state.withLock { state in
            defer { state.channel = nil }
            return state.channel
        }
        channel?.close(promise: nil)
    }

    private func closed() -> TransportError { TransportError(.closed, "\(route.endpoint): this end was closed") }
}
