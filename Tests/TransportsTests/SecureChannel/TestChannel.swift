import Foundation
import Synchronization
import Testing

@testable import Transports

/// A coordinator's table with an enrolment behind it, a worker, and a clock that the test moves.
final class TestChannel: Sendable {
    struct State {
        var enrolment: Enrolment
        var now = Duration.zero
        var date = Date(timeIntervalSince1970: 1_000_000)
        var hellos: [HelloRequest] = []
    }

    /// What `authorize` looks at, apart from the table that calls it.
    final class Desk: Sendable {
        let state: Mutex<State>

        init(_ enrolment: Enrolment) { state = Mutex(State(enrolment: enrolment)) }

        func authorize(_ hello: HelloRequest) throws(Refusal) -> Data {
            try state.withLock { state throws(Refusal) in
                state.hellos.append(hello)
                _ = try state.enrolment.admit(hello.identity, token: hello.token, now: state.date)
                return Data("welcome, ".utf8) + hello.payload
            }
        }
    }

    let key = IdentityKey()
    let worker = IdentityKey()
    let token = JoinToken()
    let desk: Desk
    let table: SessionTable
    let trust: JoinLine.Coordinator

    init(
        policy: Enrolment.Policy = .tokens, isInsecure: Bool = false, expires: Date? = nil, uses: Int? = 1,
        limits: SessionLimits = SessionLimits()
    ) {
        var enrolment = Enrolment(policy: policy)
        enrolment.add(token, expires: expires, uses: uses)
        let desk = Desk(enrolment)
        self.desk = desk
        table = SessionTable(security: isInsecure ? .insecure : .encrypted(key), limits: limits) {
            hello throws(Refusal) in try desk.authorize(hello)
        }
        trust = isInsecure ? .insecure : .pinned(key.publicIdentity)
    }

    /// The hellos that were decided about.
    var hellos: [HelloRequest] { desk.state.withLock(\.hellos) }

    /// Changes who may come.
    func enrol(_ change: (inout Enrolment) -> Void) { desk.state.withLock { change(&$0.enrolment) } }

    func wait(_ time: Duration) { desk.state.withLock { $0.now += time } }

    func handle(_ record: Data) -> SessionTable.Outcome { table.handle(record, now: desk.state.withLock(\.now)) }

    /// The bytes that come back for a record, whatever it is.
    func send(_ record: Data) -> Data {
        switch handle(record) {
        case .handshake(let reply, _, _), .answer(let reply, _): reply
        case .request(let request): (try? request.sealer.seal(Data("done".utf8))) ?? Data()
        }
    }

    func handshake(as worker: IdentityKey? = nil, token: JoinToken? = nil) throws -> ClientHandshake {
        try ClientHandshake(
            identity: worker ?? self.worker, coordinator: trust, token: token, payload: Data("Ada".utf8))
    }

    /// A whole handshake.
    func join(as worker: IdentityKey? = nil, token: JoinToken? = nil) throws -> ClientSession {
        let handshake = try handshake(as: worker, token: token)
        return try handshake.finish(send(handshake.hello)).session
    }

    /// A session of the worker, by its token.
    func join() throws -> ClientSession { try join(token: token) }

    /// The request that a record is taken for.
    func request(_ record: Data) throws -> SecureRequest {
        guard case .request(let request) = handle(record) else {
            throw TransportError(.refused, "the record was not taken")
        }
        return request
    }

    /// What a record is answered with in place of being taken; nil where it is taken.
    func notice(_ record: Data) -> Notice.Code? {
        guard case .answer(_, let code) = handle(record) else { return nil }
        return code
    }
}

extension Data {
    /// The same bytes with one bit turned.
    func flipped(at index: Int, bit: Int = 0) -> Data {
        var bytes = [UInt8](self)
        bytes[index] ^= 1 << bit
        return Data(bytes)
    }
}

/// SplitMix64, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    mutating func bytes(_ count: Int) -> Data {
        Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) })
    }
}

/// The code of the error that `body` throws, or nil.
func code(_ body: () throws -> Void) -> TransportError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? TransportError)?.code
    }
}
