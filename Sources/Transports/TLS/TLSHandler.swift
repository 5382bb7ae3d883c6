import NIOCore

/// Encrypts what a connection sends, and decrypts what it receives.
///
/// What is written before the handshake is over waits for it. A failure is told to the next handler before the channel is
/// closed. The session is freed on the event loop, as soon as the connection has failed or ended.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case idle(TLSSession)
        case shakingHands(TLSSession)
        case open(TLSSession)
        case ended
    }

    /// This end's direction.
    private enum Output {
        case open
        /// What was flushed goes out first; then the promise is kept.
        case closing(EventLoopPromise<Void>?)
        case closed
    }

    /// Bytes that are decrypted or encrypted at a time.
    private static let portion = 64 << 10
    /// The most bytes of answers that the protocol itself asks for, such as new keys, that a peer may leave unread.
    private static let mostAnswers = 64 << 10

    private var state: State
    private var output = Output.open
    private var pending = PendingWrites()
    private var answers = 0
    private var isPumping = false
    /// Whether the next handler has asked for bytes since it last got some.
    private var isReadWanted = false
    private var hasPeerEnded = false

    /// - Throws: `TLSError`: `unusable`.
    init(_ context: TLSContext, _ role: TLSSession.Role) throws { state = .idle(try TLSSession(context, role)) }

    func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { begin(context) } }

    func handlerRemoved(context: ChannelHandlerContext) { end(ChannelError.ioOnClosedChannel) }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if session != nil, !hasPeerEnded { context.fireErrorCaught(TLSError.cutOff) }
        end(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.fireErrorCaught(error) }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while let session, !hasPeerEnded,
            let part = bytes.readSlice(length: min(bytes.readableBytes, Self.portion)), part.readableBytes > 0
        {
            do {
                try session.receive(part)
                try shakeHands(session, context)
                try read(session, context)
            } catch {
                fail(error, context)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Bytes of the network need not have made bytes for the next handler, which would wait for ever.
        switch state {
        case .shakingHands: context.read()
        case .open where isReadWanted: context.read()
        default: break
        }
    }

    func read(context: ChannelHandlerContext) {
        isReadWanted = true
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        if session != nil, !hasPeerEnded { fail(TLSError.cutOff, context) }
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard session != nil else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        guard case .open = output else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        pending.append(unwrapOutboundIn(data), promise)
    }

    func flush(context: ChannelHandlerContext) {
        pending.flush()
        pump(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump(context)
        context.fireChannelWritabilityChanged()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .all:
            sayGoodbye(context)
            end(ChannelError.ioOnClosedChannel)
            context.close(mode: .all, promise: promise)
        case .input: context.close(mode: .input, promise: promise)
        case .output:
            guard session != nil, case .open = output else {
                promise?.fail(ChannelError.outputClosed)
                return
            }
            output = .closing(promise)
            pump(context)
        }
    }
}

// MARK: -

extension TLSHandler {
    /// The session while it is alive.
    private var session: TLSSession? {
        switch state {
        case .idle(let session), .shakingHands(let session), .open(let session): session
        case .ended: nil
        }
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard case .idle(let session) = state else { return }
        state = .shakingHands(session)
        do { try shakeHands(session, context) } catch { fail(error, context) }
        context.read()
    }

    private func shakeHands(_ session: TLSSession, _ context: ChannelHandlerContext) throws {
        guard case .shakingHands = state else { return }
        let isOver = try session.shakeHands()
        try answer(session, context)
        guard isOver, case .shakingHands = state else { return }
        state = .open(session)
        pump(context)
    }

    private func read(_ session: TLSSession, _ context: ChannelHandlerContext) throws {
        guard case .open = state else { return }
        var bytes = context.channel.allocator.buffer(capacity: Self.portion)
        let reading = Result { try session.read(into: &bytes) }
        try answer(session, context)
        if bytes.readableBytes > 0 {
            isReadWanted = false
            context.fireChannelRead(wrapInboundOut(bytes))
        }
        // The next handler may have closed the channel meanwhile.
        guard case .open = state else { return }
        if case .ended = try reading.get() { peerEnded(context) }
    }

    /// The peer sends nothing more. The channel is closed, unless it may be open in one direction.
    private func peerEnded(_ context: ChannelHandlerContext) {
        hasPeerEnded = true
        let mayStayOpen = try? context.channel.syncOptions?.getOption(.allowRemoteHalfClosure)
        if mayStayOpen == true, !isOutputClosed {
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            close(context: context, mode: .all, promise: nil)
        }
    }

    /// Sends what the protocol itself has to say.
    private func answer(_ session: TLSSession, _ context: ChannelHandlerContext) throws {
        guard let bytes = session.takeOutgoing() else { return }
        let count = bytes.readableBytes
        answers += count
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in handler.value.answers -= count }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
        guard answers <= Self.mostAnswers else {
            throw TLSError(code: .malformed, message: "the peer asks for answers and does not read them")
        }
    }

    /// Encrypts what was flushed, as long as the channel takes it.
    private func pump(_ context: ChannelHandlerContext) {
        guard case .open(let session) = state, !isPumping else { return }
        isPumping = true
        do {
            while context.channel.isWritable, !pending.isFlushed { try send(session, context) }
        } catch {
            fail(error, context)
        }
        isPumping = false
        if pending.isFlushed { closeOutput(context) }
    }

    /// Fills the channel's buffer and sends it; meanwhile the channel may close, which empties what is pending.
    private func send(_ session: TLSSession, _ context: ChannelHandlerContext) throws {
        while context.channel.isWritable, let (bytes, promise) = pending.next(Self.portion) {
            do {
                try session.write(bytes)
            } catch {
                promise?.fail(error)
                throw error
            }
            context.write(wrapOutboundOut(session.takeOutgoing() ?? ByteBuffer()), promise: promise)
        }
        context.flush()
    }

    /// Ends this end's direction if that was asked for.
    private func closeOutput(_ context: ChannelHandlerContext) {
        guard session != nil, case .closing(let promise) = output else { return }
        sayGoodbye(context)
        output = .closed
        pending.fail(ChannelError.outputClosed)
        context.close(mode: hasPeerEnded ? .all : .output, promise: promise)
    }

    private var isOutputClosed: Bool { if case .closed = output { true } else { false } }

    private func sayGoodbye(_ context: ChannelHandlerContext) {
        guard case .open(let session) = state, !isOutputClosed else { return }
        session.close()
        if let bytes = session.takeOutgoing() { context.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }
    }

    /// Sends the alert that says why, tells the next handler, and closes the channel.
    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        guard let session else { return }
        let alert = session.takeOutgoing()
        end(error)
        if let alert { context.writeAndFlush(wrapOutboundOut(alert), promise: nil) }
        context.fireErrorCaught(error)
        context.close(mode: .all, promise: nil)
    }

    /// Frees the session, and gives up what was not sent.
    private func end(_ error: any Error) {
        state = .ended
        pending.fail(error)
        guard case .closing(let promise) = output else { return }
        output = .closed
        promise?.fail(error)
    }
}
