import Foundation
import SwiftProtobuf
import Synchronization
import Transports

/// A worker's way to its coordinator: asks until there is an answer, and shakes hands anew where that is needed.
///
/// Several threads may ask, each over a line of its own.
final class CoordinatorLink: Sendable {
    /// A connection for one thread.
    final class Line: Sendable {
        enum Kind { case control, bulk }
        let kind: Kind
        fileprivate let dialer = Mutex<(endpoint: Endpoint, dialer: any RequestDialer)?>(nil)

        init(_ kind: Kind) { self.kind = kind }

        fileprivate func close() {
            dialer.withLock { current in
                current?.dialer.close()
                current = nil
            }
        }
    }

    private struct Session {
        let client: ClientSession
        let welcome: WireWelcome
        let generation: Int
    }

    private let endpoint: Endpoint
    private let line: JoinLine
    private let identity: IdentityKey
    private let hello: WireHello
    private let outbound: Outbound
    private let say: @Sendable (String) -> Void
    private let session = Mutex<Session?>(nil)
    private let connecting = Mutex(0)
    private let isStopped = Atomic(false)
    private let isSilent = Atomic(false)
    /// The last notice that was told of.
    private let told = Mutex<Notice.Code?>(nil)
    /// The last obstacle on the way that was told of.
    private let obstacle = Mutex<String?>(nil)
    private let open = Mutex<[Line]>([])
    private let joinLine = Line(.control)

    private static let stopped = TransportError(.closed, "this worker was stopped")

    /// How long to wait for an answer that the coordinator does not hold back.
    static let patience = Duration.seconds(20)
    /// How often a worker that was never let in tries where the ends do not understand each other.
    private static let firstAttempts = 5

    init(
        _ line: JoinLine, identity: IdentityKey, hello: WireHello, outbound: Outbound = Outbound(),
        say: @escaping @Sendable (String) -> Void
    ) throws {
        endpoint = try Endpoint(line.address)
        self.line = line
        self.identity = identity
        self.hello = hello
        self.outbound = outbound
        self.say = say
    }

    /// Makes every call throw, now and later.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        let lines = open.withLock { $0 }
        for line in lines { line.dialer.withLock { $0?.dialer.close() } }
    }

    /// What the coordinator said when this worker joined.
    ///
    /// - Throws: `TransportError` where it does not let this worker in.
    func welcome() throws -> WireWelcome { try connected(after: nil).welcome }

    /// Says before each attempt how long to wait for its answer, told whether the one before has waited in vain.
    typealias Patience = (_ timedOut: Bool) -> Duration

    /// Asks, again and again until there is an answer.
    ///
    /// - Parameter patience: how long to wait for one before asking again.
    /// - Throws: `TransportError` where the coordinator does not let this worker in (any more), or after `stop`.
    func ask(
        _ request: WireRequest, payload: Data = Data(), on line: Line, patience: Duration = patience
    ) throws -> (reply: WireReply, payload: Data) {
        try ask(request, payload: payload, on: line) { _ in patience }
    }

    /// Asks, again and again until there is an answer.
    func ask(
        _ request: WireRequest, payload: Data = Data(), on line: Line, patience: Patience
    ) throws -> (reply: WireReply, payload: Data) {
        let frame = try Frame(message: request.serializedBytes(), payload: payload).encoded()
        var failed: Int?  // the generation of the session that did not work
        var timedOut = false
        while true {
            if isStopped.load(ordering: .acquiring) { throw Self.stopped }
            let session = try connected(after: failed)
            do {
                let answer = try exchange(frame, session, on: line, patience(timedOut))
                if case .problem(let problem) = answer.reply.kind, problem.asksToJoin {
                    failed = session.generation
                    continue
                }
                notice(isSilent: false)
                told.withLock { $0 = nil }
                obstacle.withLock { $0 = nil }
                return answer
            } catch let error as TransportError {
                timedOut = error.code == .timeout
                try pause(after: error)
                failed = error.needsHandshake ? session.generation : nil
            }
        }
    }

    private func exchange(
        _ frame: Data, _ session: Session, on line: Line, _ patience: Duration
    ) throws -> (reply: WireReply, payload: Data) {
        let sealed = try session.client.seal(frame)
        let dialer = try self.dialer(of: line, session.welcome)
        let plaintext = try sealed.open(try dialer.request(sealed.record, timeout: patience))
        let answer = try Frame(decoding: plaintext, messageLimit: RecordService.messageLimit)
        do {
            return (try WireReply(serializedBytes: answer.message), answer.payload)
        } catch {
            throw TransportError(
                .malformed, "the reply cannot be read: run the same release at both ends", cause: error)
        }
    }

    /// Waits a little before trying again.
    ///
    /// - Throws: the error, where trying again would not help.
    private func pause(after error: TransportError) throws {
        if isStopped.load(ordering: .acquiring) { throw Self.stopped }
        guard error.isTransient else { throw error }
        if error.code == .timeout { notice(isSilent: true) }
        tell(error)
        Thread.sleep(forTimeInterval: error.code == .timeout ? 0.05 : 0.3)
    }

    /// Says once what is in the way for good, or would be if a notice that claims it were true.
    private func tell(_ error: TransportError) {
        if error.code == .blocked { return tellObstacle(error) }
        guard let notice = error.cause as? Notice, !notice.isPassing, isConnected else { return }
        let isNew = told.withLock { told in
            defer { told = notice.code }
            return told != notice.code
        }
        if isNew { say("\(error): trying again") }
    }

    private func tellObstacle(_ error: TransportError) {
        let isNew = obstacle.withLock { obstacle in
            defer { obstacle = error.message }
            return obstacle != error.message
        }
        if isNew, isConnected { say("\(error): trying again") }
    }

    private var isConnected: Bool { session.withLock { $0 != nil } }

    private func notice(isSilent now: Bool) {
        let before = isSilent.exchange(now, ordering: .acquiringAndReleasing)
        guard before != now else { return }
        say(
            now ? "the coordinator at \(line.address) does not answer: waiting for it" : "the coordinator answers again"
        )
    }

    // MARK: Sessions

    /// The session, or a new one where there is none or `failed` did not work.
    private func connected(after failed: Int?) throws -> Session {
        try connecting.withLock { generation in
            if let session = session.withLock({ $0 }), session.generation != failed { return session }
            var attempts = 0
            while true {
                do {
                    generation += 1
                    let made = try connect(generation)
                    session.withLock { $0 = made }
                    return made
                } catch let error as TransportError {
                    attempts += 1
                    if !isConnected, attempts >= Self.firstAttempts, error.endsJoining { throw error }
                    try pause(after: error)
                }
            }
        }
    }

    private func connect(_ generation: Int) throws -> Session {
        let handshake = try ClientHandshake(identity: identity, coordinator: line.coordinator, token: line.token)
        defer { joinLine.close() }  // a connection for each worker that would not be used again
        let dialer = try self.dialer(of: joinLine, nil)
        let (client, _) = try handshake.finish(try dialer.request(handshake.hello, timeout: .seconds(5)))
        var request = WireRequest()
        request.hello = hello
        let frame = try Frame(message: request.serializedBytes()).encoded()
        let first = Session(client: client, welcome: WireWelcome(), generation: generation)
        let (reply, _) = try exchange(frame, first, on: joinLine, .seconds(5))
        switch reply.kind {
        case .welcome(let welcome):
            if endpoint.scheme == .wss, !welcome.oneEndpoint { throw Self.twoEndpoints(line.address) }
            return Session(client: client, welcome: welcome, generation: generation)
        case .problem(let problem): throw TransportError(.refused, problem.reason)
        default: throw TransportError(.malformed, "the coordinator's welcome cannot be read")
        }
    }

    private static func twoEndpoints(_ address: String) -> TransportError {
        TransportError(
            .refused,
            "\(address): the coordinator takes downloads and uploads at a second port, which is not reached by this address: "
                + "start it with --one-port")
    }

    private func bulkEndpoint(_ welcome: WireWelcome?) -> Endpoint {
        guard let welcome, !welcome.oneEndpoint else { return endpoint }
        return endpoint.bulk(port: UInt16(truncatingIfNeeded: welcome.bulkPort))
    }

    private func dialer(of line: Line, _ welcome: WireWelcome?) throws -> any RequestDialer {
        let target = line.kind == .control ? endpoint : bulkEndpoint(welcome)
        return try line.dialer.withLock { current in
            if let current, current.endpoint == target { return current.dialer }
            current?.dialer.close()
            let transport = try TransportRegistry.transport(for: target, outbound: outbound)
            let dialer = try transport.dial(target, limit: CoordinatorServer.recordLimit)
            current = (target, dialer)
            open.withLock { if !$0.contains(where: { $0 === line }) { $0.append(line) } }
            return dialer
        }
    }
}

extension TransportError {
    /// Whether trying again may help. It may after every notice: nobody has signed it.
    fileprivate var isTransient: Bool {
        if cause is Notice { return true }
        if let refusal = cause as? Refusal { return refusal.code == .full }
        return switch code {
        case .invalidEndpoint, .invalidKey, .tooLarge, .refused, .revoked, .expired: false
        default: true
        }
    }

    /// Whether a worker that was never let in gives up when this comes again and again.
    fileprivate var endsJoining: Bool {
        if let notice = cause as? Notice { return !notice.isPassing }
        return code == .untrusted || code == .malformed || code == .blocked
    }

    /// Whether the session may be of no use any more.
    fileprivate var needsHandshake: Bool {
        if let notice = cause as? Notice { return notice.code != .busy && notice.code != .replayed }
        return code == .closed || code == .untrusted
    }
}

extension Notice {
    /// Whether it tells of something that passes: a restart, a crowd, a record that came twice.
    fileprivate var isPassing: Bool {
        switch code {
        case .unknownSession, .busy, .replayed: true
        case .unreadableHello, .unreadableRecord, .otherVersion, .encryptionRequired, .encryptionUnavailable,
            .malformed, .tooLarge:
            false
        }
    }
}
