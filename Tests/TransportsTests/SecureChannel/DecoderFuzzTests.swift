import Foundation
import Testing

@testable import Transports

@Suite("Bytes of anyone")
struct DecoderFuzzTests {
    /// Random bytes, or a genuine record with bytes changed, cut off or added.
    private func mangled(_ records: [Data], _ generator: inout SeededGenerator) -> Data {
        guard var record = records.randomElement(using: &generator), Int.random(in: 0..<4, using: &generator) > 0 else {
            return generator.bytes(Int.random(in: 0...200, using: &generator))
        }
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            record[Int.random(in: record.indices, using: &generator)] = UInt8.random(
                in: .min ... .max, using: &generator)
        }
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: record = record.prefix(Int.random(in: 0...record.count, using: &generator))
        case 1: record += generator.bytes(Int.random(in: 0...40, using: &generator))
        default: break
        }
        // A slice, whose indices do not begin at zero.
        return (Data([0]) + record).dropFirst()
    }

    @Test("trap no end, encrypted or not, and are answered with something short", arguments: [true, false])
    func records(isInsecure: Bool) throws {
        var generator = SeededGenerator(state: 42)
        let channel = TestChannel(isInsecure: isInsecure, uses: nil)
        let handshake = try channel.handshake(token: channel.token)
        let waiting = try channel.handshake(token: channel.token)
        let welcome = channel.send(handshake.hello)
        let session = try handshake.finish(welcome).session
        let sealed = try session.seal(Data("work?".utf8))
        let reply = channel.send(sealed.record)
        let notice = channel.send(Data("nonsense".utf8))
        let records = [handshake.hello, welcome, try session.seal(Data("more".utf8)).record, reply, notice]
        for _ in 0..<400 {
            let record = mangled(records, &generator)
            #expect(channel.send(record).count <= 300)
            _ = try? sealed.open(record)
            _ = try? waiting.finish(record)
        }
    }

    @Test("that are a hello's or a welcome's inside are read or refused, and read back the same")
    func bodies() {
        var generator = SeededGenerator(state: 43)
        for _ in 0..<2000 {
            var bytes = generator.bytes(Int.random(in: 0...80, using: &generator))
            if bytes.count > 32, Bool.random(using: &generator) { bytes[32] = [0, 16].randomElement() ?? 0 }
            if let body = HelloBody(bytes: bytes) { #expect(body.bytes == bytes) }
            if case .accepted(let payload) = WelcomeBody(bytes: bytes) { #expect(Data([0]) + payload == bytes) }
            if let header = RecordHeader(of: bytes) { #expect(header.bytes == bytes.prefix(40)) }
        }
    }

    @Test("that are a text of a key, a token or a join line are read or refused")
    func texts() throws {
        var generator = SeededGenerator(state: 44)
        let line = JoinLine(
            address: "tcp://h:1", coordinator: .pinned(IdentityKey().publicIdentity), token: JoinToken()
        ).text
        for _ in 0..<1000 {
            let text = String(decoding: mangled([Data(line.utf8)], &generator), as: UTF8.self)
            if let read = try? JoinLine(text: text) { #expect(try JoinLine(text: read.text).text == read.text) }
            _ = try? JoinToken(text: text)
            _ = try? PublicIdentity(text: text)
            if let bytes = Base64URL.decode(text) { #expect(Base64URL.encode(bytes) == text) }
        }
    }
}
