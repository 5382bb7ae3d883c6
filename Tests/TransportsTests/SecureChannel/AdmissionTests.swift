import Foundation
import Testing

@testable import Transports

@Suite("A worker that asks to be let in")
struct AdmissionTests {
    /// The signed reason that a worker gets.
    private func refusal(
        _ channel: TestChannel, as worker: IdentityKey? = nil, token: JoinToken? = nil
    ) throws -> (TransportError.Code, Refusal.Code)? {
        let handshake = try channel.handshake(as: worker, token: token)
        do {
            _ = try handshake.finish(channel.send(handshake.hello))
            return nil
        } catch let error as TransportError {
            let refusal = try #require(error.cause as? Refusal)
            #expect(error.message.contains(refusal.message) && error.description == error.message)
            return (error.code, refusal.code)
        }
    }

    @Test("without a token is refused, and so is one with a token of elsewhere; neither is kept")
    func stranger() throws {
        let channel = TestChannel()
        #expect(try #require(try refusal(channel)) == (.refused, .tokenMissing))
        #expect(try #require(try refusal(channel, token: JoinToken())) == (.refused, .tokenUnknown))
        #expect(channel.table.count == 0)
    }

    @Test("with a token that expired is told so")
    func expired() throws {
        let channel = TestChannel(expires: Date(timeIntervalSince1970: 1_000_000))
        #expect(try #require(try refusal(channel, token: channel.token)) == (.expired, .tokenExpired))
    }

    @Test("comes again without the token that enrolled it; another with the same token does not come")
    func usedUp() throws {
        let channel = TestChannel()
        _ = try channel.join()
        #expect(try refusal(channel) == nil)
        #expect(try #require(try refusal(channel, as: IdentityKey(), token: channel.token)) == (.refused, .tokenUsedUp))
    }

    @Test("shares a reusable token with as many others as it admits")
    func reusable() throws {
        let channel = TestChannel(uses: 2)
        for _ in 0..<2 { #expect(try refusal(channel, as: IdentityKey(), token: channel.token) == nil) }
        #expect(try #require(try refusal(channel, as: IdentityKey(), token: channel.token)).1 == .tokenUsedUp)
    }

    @Test("is let in by a list alone where there is one, whatever token it has")
    func listed() throws {
        let channel = TestChannel(policy: .listed)
        #expect(try #require(try refusal(channel, token: channel.token)) == (.refused, .notListed))
        channel.enrol { $0.enrol(channel.worker.publicIdentity, now: Date()) }
        #expect(try refusal(channel) == nil)
    }

    @Test("after its key was revoked is told so, though its token is good, and its sessions are over")
    func revoked() throws {
        let channel = TestChannel(uses: nil)
        let session = try channel.join()
        let taken = try channel.request(try session.seal(Data("poll".utf8)).record)
        let worker = channel.worker.publicIdentity.fingerprint
        channel.enrol { $0.revoke(worker, now: Date()) }
        channel.table.closeSessions(of: worker)
        #expect(try #require(try refusal(channel, token: channel.token)) == (.revoked, .revoked))
        #expect(channel.notice(try session.seal(Data("poll".utf8)).record) == .unknownSession)
        #expect(code { _ = try taken.sealer.seal(Data("task".utf8)) } == .closed)
        #expect(channel.table.count == 0)
    }

    @Test("gets a reason in which nothing can steer its terminal")
    func printable() throws {
        let table = SessionTable(security: .insecure) { _ throws(Refusal) in
            throw Refusal(.other, "no\u{1B}[2J\n\u{202E}way" + String(repeating: "!", count: 1000))
        }
        let handshake = try ClientHandshake(identity: IdentityKey(), coordinator: .insecure, token: nil)
        guard case .handshake(let reply, _, let logged?) = table.handle(handshake.hello, now: .zero) else {
            Issue.record("the worker was let in")
            return
        }
        #expect(logged.code == .other)
        let error = #expect(throws: TransportError.self) { try handshake.finish(reply) }
        #expect(error?.message.contains("no[2Jway!!!") == true)
        #expect((error?.cause as? Refusal)?.message.count == 500)
    }
}
