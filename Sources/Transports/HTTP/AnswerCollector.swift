import Foundation
import NIOCore

/// Sends a request when the connection is there, and collects the answer.
final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// An answer that another thread waits for.
    final class Promise: Sendable {
        private let limit: Int
        private let result = Monitor<Result<HTTPAnswer, any Error>?>(nil)

        /// - Parameter limit: the most bytes.
        init(limit: Int) { self.limit = limit }

        /// Sends a request on a channel and begins to collect, on the channel's event loop.
        ///
        /// - Parameter ready: succeeds once the request goes out.
        func collect(_ request: Data, on channel: any Channel, _ ready: EventLoopPromise<any Channel>) throws {
            try channel.pipeline.syncOperations.addHandler(
                AnswerCollector(self, limit: limit, request: request, ready))
        }

        func succeed(_ answer: HTTPAnswer) { result.withLock { $0 = $0 ?? .success(answer) } }
        func fail(_ error: any Error) { result.withLock { $0 = $0 ?? .failure(error) } }

        /// Blocks the calling thread until there is an answer.
        func wait() throws -> HTTPAnswer {
            guard let result = result.wait(for: { $0 }) else {
                throw TransportError(.closed, "the answer was given up")
            }
            return try result.get()
        }
    }

    private let promise: Promise
    private let limit: Int
    private let ready: EventLoopPromise<any Channel>
    /// What is still to be sent.
    private var request: Data?
    private var received = Data()

    private init(_ promise: Promise, limit: Int, request: Data, _ ready: EventLoopPromise<any Channel>) {
        (self.promise, self.limit, self.request, self.ready) = (promise, limit, request, ready)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { send(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        send(context)
        context.fireChannelActive()
    }

    private func send(_ context: ChannelHandlerContext) {
        guard let bytes = request else { return }
        request = nil
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        ready.succeed(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += Data(unwrapInboundIn(data).readableBytesView)
        guard received.count <= limit else {
            promise.fail(TransportError(.tooLarge, "the answer has more than \(limit) bytes"))
            return context.close(promise: nil)
        }
        settle(context, isEnded: false)
    }

    func channelInactive(context: ChannelHandlerContext) { settle(context, isEnded: true) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    private func settle(_ context: ChannelHandlerContext, isEnded: Bool) {
        do {
            guard let answer = try HTTPAnswer.read(received, isEnded: isEnded) else { return }
            promise.succeed(answer)
        } catch {
            promise.fail(error)
        }
        context.close(promise: nil)
    }
}
