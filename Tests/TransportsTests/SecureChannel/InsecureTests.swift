import Foundation
import Testing

@testable import Transports

@Suite("Without encryption, where both ends ask for that,")
struct InsecureTests {
    private let plain = TestChannel(isInsecure: true, uses: nil)
    private let encrypted = TestChannel(uses: nil)

    @Test("handshake, requests and replies work the same")
    func works() throws {
        let handshake = try plain.handshake(token: plain.token)
        let (session, payload) = try handshake.finish(plain.send(handshake.hello))
        #expect(payload == Data("welcome, Ada".utf8))
        let sealed = try session.seal(Data("work?".utf8))
        let request = try plain.request(sealed.record)
        #expect(request.plaintext == Data("work?".utf8))
        #expect(request.plaintext.startIndex == 0)
        #expect(try sealed.open(try request.sealer.seal(Data("yes".utf8))) == Data("yes".utf8))
        #expect(plain.notice(sealed.record) == .replayed)
        #expect(plain.notice(handshake.hello) == .replayed)
    }

    @Test("tokens still count, and a welcome to another hello is not taken")
    func checks() throws {
        let (first, second) = (try plain.handshake(token: plain.token), try plain.handshake())
        let welcome = plain.send(first.hello)
        #expect(code { _ = try second.finish(welcome) } == .untrusted)
        let stranger = try plain.handshake(as: IdentityKey())
        #expect(code { _ = try stranger.finish(plain.send(stranger.hello)) } == .refused)
    }

    @Test("an end that wants encryption never talks to one that does not", arguments: [true, false])
    func noDowngrade(workerIsPlain: Bool) throws {
        let (here, there) = workerIsPlain ? (plain, encrypted) : (encrypted, plain)
        let handshake = try here.handshake(token: there.token)
        let error = #expect(throws: TransportError.self) { try handshake.finish(there.send(handshake.hello)) }
        #expect(error?.code == .refused)
        #expect(error?.description.contains(workerIsPlain ? "with key=" : "without --insecure") == true)
        let record = try here.join().seal(Data("work?".utf8)).record
        #expect(there.notice(record) == (workerIsPlain ? .encryptionRequired : .encryptionUnavailable))
        #expect(there.table.count == 0)
    }

    @Test("nothing of it is taken for an encrypted record whose kind was changed")
    func changedKind() throws {
        let session = try encrypted.join()
        let sealed = try session.seal(Data("work?".utf8))
        let reply = encrypted.send(sealed.record)
        for kind in [RecordKind.plainReply, .plainWelcome, .plainRequest] {
            var header = try #require(RecordHeader(of: reply))
            header.kind = kind
            let changed = header.bytes + Data("obey".utf8)
            #expect(code { _ = try sealed.open(changed) } == .untrusted)
            #expect(encrypted.notice(changed) != nil)
        }
        let handshake = try encrypted.handshake()
        var header = RecordHeader(.plainWelcome)
        header.session = .random()
        #expect(code { _ = try handshake.finish(header.bytes + Data(count: 33)) } == .malformed)
    }
}
