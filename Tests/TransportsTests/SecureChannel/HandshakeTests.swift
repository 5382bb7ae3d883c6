import Crypto
import Foundation
import Testing

@testable import Transports

@Suite("A handshake")
struct HandshakeTests {
    private let channel = TestChannel()

    @Test("gives both ends one session, the worker's name to one and the welcome to the other")
    func success() throws {
        let handshake = try channel.handshake(token: channel.token)
        let (session, payload) = try handshake.finish(channel.send(handshake.hello))
        #expect(payload == Data("welcome, Ada".utf8))
        let hello = try #require(channel.hellos.first)
        #expect(hello.identity == channel.worker.publicIdentity)
        #expect(hello.payload == Data("Ada".utf8))
        let request = try channel.request(try session.seal(Data("work?".utf8)).record)
        #expect(request.plaintext == Data("work?".utf8))
        #expect(request.worker == channel.worker.publicIdentity)
    }

    @Test("shows neither token nor payload nor fresh key on the wire")
    func secrecy() throws {
        let hello = try channel.handshake(token: channel.token).hello
        let welcome = channel.send(hello)
        let fresh = try #require(HandshakeCipher.openHello(hello, with: channel.key)).1.fresh
        for secret in [channel.token.secret, Data("Ada".utf8), fresh] { #expect(hello.range(of: secret) == nil) }
        #expect(welcome.range(of: Data("welcome".utf8)) == nil)
    }

    @Test("with a coordinator that holds another key than the pinned one fails, and says so unsigned")
    func wrongPin() throws {
        let handshake = try ClientHandshake(
            identity: channel.worker, coordinator: .pinned(IdentityKey().publicIdentity), token: channel.token)
        let answer = channel.send(handshake.hello)
        let error = #expect(throws: TransportError.self) { try handshake.finish(answer) }
        #expect(error?.code == .untrusted)
        #expect((error?.cause as? Notice)?.code == .unreadableHello)
        #expect(error?.description.contains("another key than the join line pins") == true)
    }

    @Test("answered by an impostor, who has the hello but not the pinned key, fails")
    func impostor() throws {
        let handshake = try channel.handshake(token: channel.token)
        let (_, body) = try #require(HandshakeCipher.openHello(handshake.hello, with: channel.key))
        let forged = try HandshakeCipher.sealWelcome(
            .accepted(payload: Data()), header: RecordHeader(.welcome, session: .random()), hello: handshake.hello,
            from: IdentityKey(), to: channel.worker.publicIdentity, fresh: try PublicIdentity(bytes: body.fresh))
        #expect(code { _ = try handshake.finish(forged.record) } == .untrusted)
        #expect(code { _ = try handshake.finish(channel.send(handshake.hello)) } == nil)
    }

    @Test("answered with the welcome for another hello of the same worker fails")
    func otherWelcome() throws {
        let first = try channel.handshake(token: channel.token)
        let second = try channel.handshake(token: channel.token)
        let welcome = channel.send(first.hello)
        #expect(code { _ = try second.finish(welcome) } == .untrusted)
    }

    @Test("makes one session at most, so that no key and number are used twice")
    func once() throws {
        let handshake = try channel.handshake(token: channel.token)
        let welcome = channel.send(handshake.hello)
        _ = try handshake.finish(welcome)
        #expect(code { _ = try handshake.finish(welcome) } == .closed)
    }

    @Test("fails for every bit of the hello that is turned")
    func flippedHello() throws {
        let hello = try channel.handshake(token: channel.token).hello
        for index in hello.indices {
            let answer = channel.handle(hello.flipped(at: index, bit: index % 8))
            guard case .answer = answer else {
                Issue.record("byte \(index) may be changed")
                continue
            }
        }
        #expect(channel.hellos.isEmpty)
        #expect(channel.table.count == 0)
    }

    @Test("fails for every bit of the welcome that is turned, and is still good for the true one")
    func flippedWelcome() throws {
        let handshake = try channel.handshake(token: channel.token)
        let welcome = channel.send(handshake.hello)
        for index in welcome.indices {
            #expect(throws: TransportError.self, "byte \(index)") {
                try handshake.finish(welcome.flipped(at: index, bit: index % 8))
            }
        }
        #expect(code { _ = try handshake.finish(welcome) } == nil)
    }

    @Test("fails wherever hello or welcome are cut")
    func truncated() throws {
        let handshake = try channel.handshake(token: channel.token)
        for count in handshake.hello.indices { #expect(channel.notice(handshake.hello.prefix(count)) != nil) }
        let welcome = channel.send(handshake.hello)
        for count in welcome.indices {
            #expect(throws: TransportError.self) { try handshake.finish(welcome.prefix(count)) }
        }
    }

    @Test("opens with neither long-term key once it is over: the welcome's keys need the fresh one")
    func forwardSecrecy() throws {
        let handshake = try channel.handshake(token: channel.token)
        let welcome = channel.send(handshake.hello)
        #expect(throws: (any Error).self) {
            try HandshakeCipher.openWelcome(
                welcome, hello: handshake.hello, from: channel.key.publicIdentity, with: channel.worker,
                fresh: channel.key.agreement)
        }
    }

    @Test("begun by a thief of the coordinator's key in a worker's name gives the thief no session")
    func keyCompromiseImpersonation() throws {
        let fresh = Curve25519.KeyAgreement.PrivateKey()
        let hello = Data("any hello".utf8)
        let welcome = try HandshakeCipher.sealWelcome(
            .accepted(payload: Data()), header: RecordHeader(.welcome, session: .random()), hello: hello,
            from: channel.key, to: channel.worker.publicIdentity, fresh: PublicIdentity(fresh.publicKey))
        func open(with identity: IdentityKey, after hello: Data) throws {
            _ = try HandshakeCipher.openWelcome(
                welcome.record, hello: hello, from: channel.key.publicIdentity, with: identity, fresh: fresh)
        }
        #expect(throws: (any Error).self) { try open(with: channel.key, after: hello) }
        #expect(throws: (any Error).self) { try open(with: channel.worker, after: Data("another".utf8)) }
        try open(with: channel.worker, after: hello)
    }

    @Test("carries 60 KiB of the application's bytes each way, and no more")
    func limits() throws {
        let limit = HandshakeLimits.payload
        func handshake(_ count: Int) throws -> ClientHandshake {
            try ClientHandshake(
                identity: channel.worker, coordinator: channel.trust, token: channel.token,
                payload: Data(count: count))
        }
        #expect(code { _ = try handshake(limit + 1) } == .tooLarge)
        let largest = try handshake(limit - 9)
        #expect(try largest.finish(channel.send(largest.hello)).payload.count == limit)
        let tooLargeToEcho = try handshake(limit)
        #expect(code { _ = try tooLargeToEcho.finish(channel.send(tooLargeToEcho.hello)) } == .refused)
        #expect(channel.notice(largest.hello + Data(count: HandshakeLimits.record)) == .tooLarge)
    }

    @Test("between different versions tells the worker which one the coordinator speaks")
    func version() throws {
        let handshake = try channel.handshake(token: channel.token)
        var hello = [UInt8](handshake.hello)
        hello[4] = 9
        let answer = channel.send(Data(hello))
        #expect(Notice(of: answer)?.code == .otherVersion)
        #expect(Notice(of: answer + answer.suffix(1)) == nil)
        var notice = [UInt8](answer)
        notice[4] = 7
        let error = #expect(throws: TransportError.self) { try handshake.finish(Data(notice)) }
        #expect(error?.code == .malformed)
        #expect(error?.description.contains("speaks version 7 of the protocol, and this worker version 1") == true)
    }
}
