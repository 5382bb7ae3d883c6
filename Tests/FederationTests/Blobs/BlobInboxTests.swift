import Foundation
import Testing
import Transports

@testable import Federation

@Suite("An inbox of blobs")
struct BlobInboxTests {
    private let inbox = BlobInbox(
        limits: .init(memory: 1000, sender: 600, count: 3, idleTime: .seconds(60), leastRate: 10))

    private func upload(_ blob: Blob, now: Duration = .zero) throws {
        for index in 0..<blob.manifest.chunkCount {
            _ = try inbox.put(try blob.chunk(index), at: index, of: blob.id, now: now)
        }
    }

    @Test("hands a complete blob over")
    func receiving() throws {
        let blob = try sampleBlob(450)
        #expect(try inbox.begin(blob.manifest, from: "a", now: .zero) != nil)
        #expect(errorCode { try inbox.take(blob.id, now: .zero) } == .protocolViolation)
        try upload(blob)
        #expect(try inbox.missing(of: blob.id, now: .zero).count == 0)
        #expect(try inbox.take(blob.id, now: .zero).bytes() == sampleBytes(450))
    }

    @Test("reserves room before it takes any, and refuses what there is no room for")
    func flood() throws {
        for seed in 1...2 as ClosedRange<UInt8> {
            #expect(
                try inbox.begin(sampleBlob(400, seed: seed).manifest, from: "\(seed)", now: .zero) != nil)
        }
        #expect(inbox.memoryInUse == 800)
        #expect(try inbox.begin(sampleBlob(400, seed: 3).manifest, from: "3", now: .zero) == nil)
    }

    @Test("lets no sender take everybody's room, and bounds how many uploads there are")
    func fairness() throws {
        let blobs = try (1...5).map { try sampleBlob(200, seed: $0).manifest }
        for blob in blobs.prefix(3) { #expect(try inbox.begin(blob, from: "a", now: .zero) != nil) }
        #expect(try inbox.begin(blobs[3], from: "b", now: .zero) == nil)
        inbox.discard(blobs[0].id)
        #expect(try inbox.begin(sampleBlob(300).manifest, from: "a", now: .zero) == nil)
        #expect(try inbox.begin(blobs[3], from: "b", now: .zero) != nil)
    }

    @Test("refuses for good what can never fit")
    func tooLarge() throws {
        let manifest = try sampleBlob(601).manifest
        #expect(errorCode { try inbox.begin(manifest, from: "a", now: .zero) } == .invalidUpdate)
    }

    @Test("knows of whose uploads something new has come, which asking and repeating is not")
    func progress() throws {
        let blob = try sampleBlob(300)
        _ = try inbox.begin(blob.manifest, from: "a", now: .seconds(1))
        #expect(inbox.senders(since: .zero).isEmpty)
        _ = try inbox.put(try blob.chunk(1), at: 1, of: blob.id, now: .seconds(5))
        #expect(inbox.senders(since: .seconds(5)) == ["a"] && inbox.senders(since: .seconds(6)).isEmpty)
        _ = try inbox.put(try blob.chunk(1), at: 1, of: blob.id, now: .seconds(7))
        _ = try inbox.missing(of: blob.id, now: .seconds(7))
        #expect(inbox.senders(since: .seconds(6)).isEmpty)
        _ = try inbox.put(try blob.chunk(0).prefix(10), at: 0, offset: 0, of: blob.id, now: .seconds(8))
        #expect(inbox.senders(since: .seconds(8)) == ["a"])
        inbox.discardAll(from: "a")
        #expect(inbox.senders(since: .zero).isEmpty)
    }

    @Test("goes on with an upload that is begun again")
    func idempotence() throws {
        let blob = try sampleBlob(300)
        let first = try inbox.begin(blob.manifest, from: "a", now: .zero)
        _ = try inbox.put(try blob.chunk(1), at: 1, of: blob.id, now: .zero)
        let second = try inbox.begin(blob.manifest, from: "a", now: .zero)
        #expect(first === second && second?.missing.indices == [0, 2] && inbox.memoryInUse == 300)
    }

    @Test("counts a blob's memory until it is released, not only until it is handed over")
    func memoryCounts() throws {
        let blob = try sampleBlob(400)
        _ = try inbox.begin(blob.manifest, from: "a", now: .zero)
        try upload(blob)
        var taken: Blob? = try inbox.take(blob.id, now: .zero)
        #expect(inbox.memoryInUse == 400 && taken?.size == 400)
        taken = nil
        #expect(inbox.memoryInUse == 0)
        #expect(errorCode { try inbox.take(blob.id, now: .zero) } == .notFound)
    }

    @Test("gives up uploads without a chunk for the idle time")
    func idle() throws {
        let (busy, idle) = (try sampleBlob(300, seed: 1), try sampleBlob(300, seed: 2))
        for blob in [busy, idle] { _ = try inbox.begin(blob.manifest, from: "a", now: .zero) }
        _ = try inbox.put(try busy.chunk(0), at: 0, of: busy.id, now: .seconds(30))
        inbox.evictIdle(now: .seconds(61))
        #expect(errorCode { try inbox.put(try idle.chunk(0), at: 0, of: idle.id, now: .seconds(61)) } == .notFound)
        #expect(try inbox.put(try busy.chunk(1), at: 1, of: busy.id, now: .seconds(61)) == .stored)
        #expect(inbox.memoryInUse == 300)
    }

    @Test("makes room for a new upload by giving up idle ones")
    func replacing() throws {
        for seed in 1...2 as ClosedRange<UInt8> {
            _ = try inbox.begin(sampleBlob(500, seed: seed).manifest, from: "\(seed)", now: .zero)
        }
        let new = try sampleBlob(500, seed: 3).manifest
        #expect(try inbox.begin(new, from: "c", now: .seconds(59)) == nil)
        #expect(try inbox.begin(new, from: "c", now: .seconds(60)) != nil)
    }

    // Four times the idle time, and half a minute for 300 bytes at 10 a second.
    @Test("gives up an upload that takes far too long, however busy its sender keeps it")
    func deadline() throws {
        let blob = try sampleBlob(300)
        for time in stride(from: 0, through: 240, by: 30) {
            #expect(try inbox.begin(blob.manifest, from: "a", now: .seconds(time)) != nil)
            _ = try inbox.put(try blob.chunk(0), at: 0, of: blob.id, now: .seconds(time))
        }
        inbox.evictIdle(now: .seconds(269))
        #expect(inbox.memoryInUse == 300)
        inbox.evictIdle(now: .seconds(270))
        #expect(inbox.memoryInUse == 0)
    }

    @Test(
        "keeps room for an update of another beside all that one sender can announce",
        arguments: [1 << 20, 32 << 20, 1 << 30])
    func shares(updateLimit: Int) throws {
        let options = CoordinatorOptions(
            endpoint: try Endpoint("tcp://127.0.0.1:0"), security: .insecure, run: "r", updateLimit: updateLimit)
        let limits = options.uploadLimits
        #expect(limits.sender == updateLimit && limits.memory - limits.sender >= updateLimit)
        // The same in small: one sender announces what it can, another begins an update all the same.
        let inbox = BlobInbox(limits: .init(memory: 1000, sender: 500))
        for seed in 1...9 as ClosedRange<UInt8> {
            _ = try inbox.begin(sampleBlob(seed < 5 ? 500 : 100, seed: seed).manifest, from: "cheat", now: .zero)
        }
        #expect(inbox.memoryInUse == 500)
        #expect(try inbox.begin(sampleBlob(500, seed: 10).manifest, from: "honest", now: .zero) != nil)
    }

    @Test("forgets an upload that is discarded, and takes it from the beginning")
    func discarding() throws {
        let blob = try sampleBlob(300)
        let receipt = try #require(try inbox.begin(blob.manifest, from: "a", now: .zero))
        _ = try inbox.put(try blob.chunk(0), at: 0, of: blob.id, now: .zero)
        inbox.discard(blob.id)
        inbox.discard(blob.id)
        #expect(errorCode { try receipt.put(try blob.chunk(1), at: 1) } == .closed)
        #expect(errorCode { try inbox.missing(of: blob.id, now: .zero) } == .notFound)
        #expect(try inbox.begin(blob.manifest, from: "a", now: .zero)?.missing.count == 3)
    }

    @Test("knows nothing of blobs that were not begun")
    func unknown() throws {
        let blob = try sampleBlob(300)
        #expect(errorCode { try inbox.put(try blob.chunk(0), at: 0, of: blob.id, now: .zero) } == .notFound)
        #expect(errorCode { try inbox.take(blob.id, now: .zero) } == .notFound)
        #expect(inbox.memoryInUse == 0)
    }
}
