public import Foundation
import NIOCore

/// One request over HTTP/1.1 and its whole answer, on the same ways as WebSocket: through a site's proxy, with TLS by the same
/// authorities.
public struct HTTPQuestion: Sendable {
    private let route: WebSocketRoute

    /// Names the server.
    ///
    /// - Parameters:
    ///   - endpoint: `ws` for HTTP, `wss` for HTTPS; its path does not count.
    ///   - outbound: how this machine leaves its site.
    /// - Throws: `TransportError`: `invalidEndpoint`, `unresolvable`, or `invalidKey` if the authorities' file cannot be used.
    public init(to endpoint: Endpoint, outbound: Outbound = Outbound()) throws {
        do {
            route = try WebSocketRoute(to: endpoint, outbound: outbound)
        } catch let error as TransportError {
            throw Self.inWordsOfHTTP(error)
        }
    }

    /// Asks, and waits for the answer to its end; blocks the calling thread.
    ///
    /// - Parameters:
    ///   - request: the whole request, with `Connection: close`.
    ///   - limit: the most bytes of the answer.
    /// - Throws: `TransportError`: `blocked` if a proxy, a certificate or the server is in the way, `unavailable` if nothing
    ///   answers, `timeout`, `tooLarge`, and `malformed` for what is no HTTP.
    public func ask(_ request: Data, limit: Int, timeout: Duration) throws -> HTTPAnswer {
        let deadline = ContinuousClock.now + timeout
        do {
            let collector = AnswerCollector.Promise(limit: limit)
            let channel = try route.open(timeout: Self.amount(timeout)) { channel, ready in
                try collector.collect(request, on: channel, ready)
            }
            defer { channel.close(promise: nil) }
            let left = Self.amount(ContinuousClock.now.duration(to: deadline))
            let alarm = channel.eventLoop.scheduleTask(in: left) {
                collector.fail(TransportError(.timeout, "\(route.endpoint): no whole answer within \(timeout)"))
            }
            defer { alarm.cancel() }
            return try collector.wait()
        } catch {
            throw Self.inWordsOfHTTP(route.problem(error))
        }
    }

    private static func amount(_ duration: Duration) -> TimeAmount {
        .milliseconds(Int64(max(duration / .milliseconds(1), 1).rounded(.up)))
    }

    private static func inWordsOfHTTP(_ error: TransportError) -> TransportError {
        let message = error.message.replacing("wss://", with: "https://").replacing("ws://", with: "http://")
        return TransportError(error.code, message, cause: error.cause)
    }
}
