import Foundation
import Synchronization
import Testing

@testable import Transports

@Suite("A record of a session")
struct SessionTests {
    private let channel = TestChannel(uses: nil)
    private let session: ClientSession

    init() throws { session = try channel.join() }

    private func seal(_ text: String = "work?") throws -> SealedRequest { try session.seal(Data(text.utf8)) }

    @Test("carries any number of bytes there and back", arguments: [0, 1, 15, 16, 17, 1000, 100_000])
    func sizes(count: Int) throws {
        var generator = SeededGenerator(state: UInt64(count))
        let (question, answer) = (generator.bytes(count), generator.bytes(count))
        let sealed = try session.seal(question)
        let request = try channel.request(sealed.record)
        #expect(request.plaintext == question)
        #expect(sealed.record.count == count + RecordHeader.byteCount + RecordProtection.tagByteCount)
        #expect(try sealed.open(try request.sealer.seal(answer)) == answer)
    }

    @Test("is refused when it comes again")
    func replayed() throws {
        let record = try seal().record
        _ = try channel.request(record)
        #expect(channel.notice(record) == .replayed)
    }

    @Test("is refused when any of its bits is turned, and taken as it was")
    func flipped() throws {
        let record = try seal().record
        for index in record.indices {
            for bit in 0..<8 { #expect(channel.notice(record.flipped(at: index, bit: bit)) != nil, "byte \(index)") }
        }
        _ = try channel.request(record)
    }

    @Test("is refused when it is cut anywhere or has more at its end")
    func truncated() throws {
        let record = try seal().record
        for count in record.indices { #expect(channel.notice(record.prefix(count)) != nil) }
        #expect(channel.notice(record + [0]) == .unreadableRecord)
        _ = try channel.request(record)
    }

    @Test("does not move the window when it is forged with a high number")
    func forgedSequence() throws {
        let sealed = try seal()
        var header = try #require(RecordHeader(of: sealed.record))
        header.sequence = .max
        #expect(channel.notice(header.bytes + sealed.record.dropFirst(RecordHeader.byteCount)) == .unreadableRecord)
        _ = try channel.request(sealed.record)
    }

    @Test("is no reply, and a reply is no request")
    func swappedDirections() throws {
        let sealed = try seal()
        let reply = channel.send(sealed.record)
        #expect(channel.notice(reply) == .malformed)
        #expect(throws: TransportError.self) { try sealed.open(sealed.record) }
        var header = try #require(RecordHeader(of: reply))
        header.kind = .request
        #expect(channel.notice(header.bytes + reply.dropFirst(RecordHeader.byteCount)) != nil)
        header.kind = .reply
        header.answers = header.sequence
        let echoed = header.bytes + sealed.record.dropFirst(RecordHeader.byteCount)
        #expect(code { _ = try sealed.open(echoed) } == .untrusted)
    }

    @Test("of one session is refused in another, also of the same worker")
    func otherSession() throws {
        let other = try channel.join()
        let (mine, theirs) = (try seal(), try other.seal(Data("work?".utf8)))
        var header = try #require(RecordHeader(of: mine.record))
        header.session = try #require(RecordHeader(of: theirs.record)).session
        #expect(channel.notice(header.bytes + mine.record.dropFirst(RecordHeader.byteCount)) == .unreadableRecord)
        let reply = channel.send(theirs.record)
        #expect(code { _ = try mine.open(reply) } == .untrusted)
    }

    @Test("that replies to one request does not open as the reply to another")
    func otherRequest() throws {
        let (first, second) = (try seal("first"), try seal("second"))
        let (reply, other) = (channel.send(first.record), channel.send(second.record))
        #expect(code { _ = try second.open(reply) } == .untrusted)
        var header = try #require(RecordHeader(of: reply))
        header.answers = try #require(RecordHeader(of: second.record)).sequence
        #expect(code { _ = try second.open(header.bytes + reply.dropFirst(RecordHeader.byteCount)) } == .untrusted)
        #expect(try second.open(other) == Data("done".utf8))
    }

    @Test("that replies is refused when any of its bits is turned or its end is cut, then opens once")
    func reply() throws {
        let sealed = try seal()
        let reply = channel.send(sealed.record)
        for index in reply.indices {
            #expect(throws: TransportError.self) { try sealed.open(reply.flipped(at: index, bit: index % 8)) }
            #expect(throws: TransportError.self) { try sealed.open(reply.prefix(index)) }
        }
        #expect(try sealed.open(reply) == Data("done".utf8))
        #expect(code { _ = try sealed.open(reply) } == .replayed)
    }

    @Test("is answered once")
    func answeredOnce() throws {
        let request = try channel.request(try seal().record)
        _ = try request.sealer.seal(Data("one".utf8))
        #expect(code { _ = try request.sealer.seal(Data("two".utf8)) } == .replayed)
    }

    @Test("may be overtaken by others within the window, and is refused beyond it")
    func reordered() throws {
        let records = try (0...2048).map { try seal("\($0)").record }
        _ = try channel.request(records[2047])
        for index in (0..<2047).reversed() { _ = try channel.request(records[index]) }
        let late = try seal("late").record
        for _ in 0..<2047 { _ = try seal() }
        _ = try channel.request(try seal().record)
        #expect(channel.notice(late) == .replayed)
        #expect(channel.notice(records[0]) == .replayed)
    }

    @Test("has a number of its own when several threads seal at once")
    func concurrentSealing() async throws {
        let session = session
        let records = try await withThrowingTaskGroup(of: [Data].self) { group in
            for _ in 0..<4 {
                group.addTask { try (0..<100).map { _ in try session.seal(Data("same".utf8)).record } }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let sequences = Set(records.compactMap { RecordHeader(of: $0)?.sequence })
        #expect(sequences == Set(1...400))
    }

    @Test("is taken once when several threads bring it at the same time")
    func concurrentReplay() async throws {
        let (channel, record) = (channel, try seal().record)
        let taken = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { (try? channel.request(record)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 1)
    }

    @Test("is not sealed when the key has sealed its records or its bytes")
    func usedUp() throws {
        let keys = SessionKeys.plain
        let last = ClientSession(
            id: .random(), keys: keys, counter: RecordCounter(records: RecordCounter.recordLimit - 1))
        _ = try last.seal(Data())
        #expect(code { _ = try last.seal(Data()) } == .closed)
        let full = ClientSession(
            id: .random(), keys: keys, counter: RecordCounter(blocks: RecordCounter.blockLimit - 4))
        _ = try full.seal(Data(count: 31))
        #expect(code { _ = try full.seal(Data(count: 32)) } == .closed)
        _ = try full.seal(Data(count: 31))
        #expect(code { _ = try full.seal(Data()) } == .closed)
    }
}
