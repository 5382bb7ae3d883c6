import Foundation
import Synchronization
import Testing

@testable import Transports

@Suite("The coordinator's table of sessions")
struct SessionTableTests {
    private func limits(_ change: (inout SessionLimits) -> Void) -> SessionLimits {
        var limits = SessionLimits()
        change(&limits)
        return limits
    }

    /// A session that has had a request.
    private func use(_ channel: TestChannel, as worker: IdentityKey? = nil) throws -> ClientSession {
        let session = try channel.join(as: worker, token: channel.token)
        _ = try channel.request(try session.seal(Data("first".utf8)).record)
        return session
    }

    private func isAlive(_ session: ClientSession, _ channel: TestChannel) throws -> Bool {
        channel.notice(try session.seal(Data("still there?".utf8)).record) == nil
    }

    @Test("tells a worker of a session that it does not know, so that it shakes hands again")
    func unknownSession() throws {
        let sealed = try TestChannel().join().seal(Data("work?".utf8))
        let restarted = TestChannel()
        let error = #expect(throws: TransportError.self) { try sealed.open(restarted.send(sealed.record)) }
        #expect(error?.code == .closed)
        #expect((error?.cause as? Notice)?.code == .unknownSession)
    }

    @Test("gives the same answer to the same hello, as a transport may repeat it, and keeps one session")
    func repeatedHello() throws {
        let channel = TestChannel()
        let handshake = try channel.handshake(token: channel.token)
        let welcome = channel.send(handshake.hello)
        #expect(channel.send(handshake.hello) == welcome)
        #expect(channel.table.count == 1)
        #expect(channel.hellos.count == 1)
    }

    @Test("refuses the hello of a session that is used, and the session lives on")
    func replayedHello() throws {
        let channel = TestChannel()
        let handshake = try channel.handshake(token: channel.token)
        let session = try handshake.finish(channel.send(handshake.hello)).session
        #expect(try isAlive(session, channel))
        #expect(channel.notice(handshake.hello) == .replayed)
        #expect(try isAlive(session, channel))
    }

    @Test("lets recorded hellos of a worker, repeated after a restart, push out none of its sessions in use")
    func replayedAfterRestart() throws {
        let channel = TestChannel(limits: limits { $0.halfOpen = 3 })
        let recorded = try (0..<10).map { _ in try channel.handshake(token: channel.token).hello }
        let session = try use(channel)
        for hello in recorded { _ = channel.send(hello) }
        #expect(channel.table.count == 4)
        #expect(try isAlive(session, channel))
    }

    @Test("stays bounded under a flood of hellos, in all and for each worker")
    func flood() throws {
        let channel = TestChannel(
            uses: nil,
            limits: limits {
                $0.halfOpen = 6
                $0.halfOpenPerWorker = 2
            })
        for _ in 0..<5 { _ = try channel.join() }
        #expect(channel.table.count == 2)
        for _ in 0..<20 { _ = try channel.join(as: IdentityKey(), token: channel.token) }
        #expect(channel.table.count == 6)
        for _ in 0..<20 { _ = channel.send(try channel.handshake(as: IdentityKey()).hello) }
        #expect(channel.table.count == 6)
        channel.wait(.seconds(31))
        _ = try channel.join()
        #expect(channel.table.count == 1)
    }

    @Test("does so many handshakes a second, and tells others to come again")
    func rate() throws {
        let channel = TestChannel(
            limits: limits {
                $0.handshakesPerSecond = 2
                $0.handshakeBurst = 3
            })
        let hello = try channel.handshake(token: channel.token).hello
        func answers(_ count: Int) -> [Notice.Code?] { (0..<count).map { _ in channel.notice(hello) } }
        #expect(answers(5) == [nil, nil, nil, .busy, .busy])
        channel.wait(.seconds(1))
        #expect(answers(3) == [nil, nil, .busy])
        channel.wait(.seconds(-5))
        #expect(answers(1) == [.busy])
        channel.wait(.seconds(1))
        #expect(answers(3) == [nil, nil, .busy])
        channel.wait(.seconds(100))
        #expect(answers(4) == [nil, nil, nil, .busy])
    }

    @Test("ends the session that was idle longest when a worker, or all together, have too many")
    func eviction() throws {
        let channel = TestChannel(
            uses: nil,
            limits: limits {
                $0.established = 3
                $0.establishedPerWorker = 2
            })
        let first = try use(channel)
        channel.wait(.seconds(1))
        let second = try use(channel)
        channel.wait(.seconds(1))
        #expect(try isAlive(first, channel))
        let third = try use(channel)
        #expect(try [first, second, third].map { try isAlive($0, channel) } == [true, false, true])
        channel.wait(.seconds(1))
        let others = try (0..<2).map { _ in try use(channel, as: IdentityKey()) }
        #expect(try [first, third].count { try isAlive($0, channel) } == 1)
        #expect(try others.allSatisfy { try isAlive($0, channel) })
    }

    @Test("forgets a session that is idle for too long, or that never has a request")
    func lifetimes() throws {
        let channel = TestChannel(uses: nil)
        let (used, unused) = (try use(channel), try channel.join())
        channel.wait(.seconds(31))
        #expect(try isAlive(used, channel))
        #expect(try !isAlive(unused, channel))
        channel.wait(.seconds(3600))
        #expect(try isAlive(used, channel))
        channel.wait(.seconds(3601))
        #expect(try !isAlive(used, channel))
    }

    @Test("does not let in a worker whose key is revoked while its handshake is done")
    func revokedMeanwhile() throws {
        final class Late: Sendable { let table = Mutex<SessionTable?>(nil) }
        let (late, key, worker) = (Late(), IdentityKey(), IdentityKey())
        let table = SessionTable(security: .encrypted(key)) { hello throws(Refusal) in
            late.table.withLock { $0 }?.closeSessions(of: hello.identity.fingerprint)
            return Data()
        }
        late.table.withLock { $0 = table }
        let handshake = try ClientHandshake(
            identity: worker, coordinator: .pinned(key.publicIdentity), token: nil)
        guard case .answer(_, .busy) = table.handle(handshake.hello, now: .zero) else {
            Issue.record("the worker was let in")
            return
        }
        #expect(table.count == 0)
    }
}
