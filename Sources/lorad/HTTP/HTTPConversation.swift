import Foundation
import NIOCore
import NIOHTTP1

/// One connection's requests and answers, one after the other.
///
/// Lives on its connection's event loop. A connection that has not sent a whole request in `patience`, or not taken what was
/// written for as long, is closed. So is one that old when it has its answer: no connection keeps its place by asking again and again.
final class HTTPConversation: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// The most bytes of a request's body that are kept.
    static let bodyLimit = 4_096

    private let routes: HTTPRoutes
    private let queue: AnswerQueue
    private let patience: TimeAmount
    /// When it began to wait for a request; `nil` while it answers.
    private(set) var waitsSince: NIODeadline?
    private var head: HTTPRequestHead?
    private var body = Data()
    private var end = NIODeadline.distantFuture
    private var isInputClosed = false
    private var deadline: Scheduled<Void>?
    private var answering: Task<Void, Never>?
    private var answers = 0

    init(_ routes: HTTPRoutes, on queue: AnswerQueue, patience: TimeAmount) {
        self.routes = routes
        self.queue = queue
        self.patience = patience
    }

    func channelActive(context: ChannelHandlerContext) {
        end = .now() + patience
        wait(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        answering?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let new): (head, body) = (new, Data())
        case .body(let part):
            guard let head else { return }
            guard body.count + part.readableBytes <= Self.bodyLimit else { return answer(head, nil, context) }
            body.append(contentsOf: part.readableBytesView)
        case .end: if let head { answer(head, body, context) }
        }
    }

    /// Nothing more will be asked; what was asked is answered.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        isInputClosed = true
        if waitsSince != nil { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// - Parameter body: nil where it is too long; the rest is not waited for, and the connection ends with the answer.
    private func answer(_ head: HTTPRequestHead, _ body: Data?, _ context: ChannelHandlerContext) {
        (self.head, waitsSince) = (nil, nil)
        deadline?.cancel()
        answers += 1
        let request = HTTPRequest(head, body: body, peer: context.remoteAddress?.ipAddress ?? "unknown")
        let isLast = body == nil || !head.isKeepAlive || end <= .now()
        let conversation = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let stream = HTTPStream(
            channel: context.channel, version: head.version, isLast: isLast, wantsBody: head.method != .HEAD,
            patience: patience)
        answering = Task(executorPreference: queue) { [routes, answers] in
            let isWhole = await stream.send(await routes.answer(to: request))
            stream.channel.eventLoop.execute {
                let (conversation, context) = conversation.value
                guard isWhole, !isLast else { return context.close(promise: nil) }
                // The next request may be here already, and its answer under way.
                if conversation.answers == answers { conversation.wait(context) }
            }
        }
    }

    /// Waits for the next request.
    private func wait(_ context: ChannelHandlerContext) {
        guard !isInputClosed else { return context.close(promise: nil) }
        deadline?.cancel()
        waitsSince = .now()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(deadline: end) { context.close(promise: nil) }
    }
}
