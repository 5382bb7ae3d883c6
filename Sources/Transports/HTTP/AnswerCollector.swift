import Foundation
import NIOCore

/// Collects the answer to a request that was sent.
final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// An answer that another thread waits for.
    final class Promise: Sendable {
        private let limit: Int
        private let result = Monitor<Result<HTTPAnswer, any Error>?>(nil)

        /// - Parameter limit: the most bytes.
        init(limit: Int) { self.limit = limit }

        /// Begins to collect, on the channel's event loop.
        func collect(on channel: any Channel) throws {
            try channel.pipeline.syncOperations.addHandler(AnswerCollector(self, limit: limit))
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
    private var received = Data()

    private init(_ promise: Promise, limit: Int) { (self.promise, self.limit) = (promise, limit) }

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
