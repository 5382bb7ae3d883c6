import Foundation
import Testing

@testable import Federation

@Suite("An inbox of blobs")
struct BlobInboxTests {
    private let folder: ScratchFolder
    private let limits = BlobInbox.Limits(memory: 1000, disk: 1000, sender: 600, count: 3, idleTime: .seconds(60))

    init() throws { folder = try ScratchFolder() }

    private func inbox(now: Duration = .zero) throws -> BlobInbox {
        try BlobInbox(folder: folder.path, limits: limits, now: now)
    }

    private func upload(_ blob: Blob, to inbox: BlobInbox, now: Duration = .zero) throws {
        for index in 0..<blob.manifest.chunkCount {
            _ = try inbox.put(try blob.chunk(index), at: index, of: blob.id, now: now)
        }
    }

    @Test("hands a complete blob over once memory or a file holds it", arguments: [BlobInbox.Place.memory, .file])
    func receiving(place: BlobInbox.Place) throws {
        let inbox = try inbox()
        let blob = try sampleBlob(450)
        #expect(try inbox.begin(blob.manifest, in: place, from: "a", now: .zero) != nil)
        #expect(errorCode { try inbox.take(blob.id, now: .zero) } == .protocolViolation)
        try upload(blob, to: inbox)
        #expect(try inbox.missing(of: blob.id, now: .zero).count == 0)
        #expect(try inbox.take(blob.id, now: .zero).bytes() == sampleBytes(450))
    }

    @Test(
        "reserves room before it takes any, and refuses what there is no room for",
        arguments: [BlobInbox.Place.memory, .file])
    func flood(place: BlobInbox.Place) throws {
        let inbox = try inbox()
        for seed in 1...2 as ClosedRange<UInt8> {
            #expect(
                try inbox.begin(sampleBlob(400, seed: seed).manifest, in: place, from: "\(seed)", now: .zero) != nil)
        }
        #expect((place == .memory ? inbox.memoryInUse : inbox.diskInUse) == 800)
        #expect(try inbox.begin(sampleBlob(400, seed: 3).manifest, in: place, from: "3", now: .zero) == nil)
        #expect(BlobFolder(reading: folder.path).partialEntries().count == (place == .memory ? 0 : 2))
    }

    @Test("lets no sender take everybody's room, and bounds how many uploads there are")
    func fairness() throws {
        let inbox = try inbox()
        let blobs = try (1...5).map { try sampleBlob(200, seed: $0).manifest }
        for blob in blobs.prefix(3) { #expect(try inbox.begin(blob, in: .memory, from: "a", now: .zero) != nil) }
        #expect(try inbox.begin(blobs[3], in: .memory, from: "b", now: .zero) == nil)
        inbox.discard(blobs[0].id)
        #expect(try inbox.begin(sampleBlob(300).manifest, in: .memory, from: "a", now: .zero) == nil)
        #expect(try inbox.begin(blobs[3], in: .memory, from: "b", now: .zero) != nil)
    }

    @Test("refuses for good what can never fit")
    func tooLarge() throws {
        let inbox = try inbox()
        let manifest = try sampleBlob(601).manifest
        #expect(errorCode { try inbox.begin(manifest, in: .memory, from: "a", now: .zero) } == .invalidUpdate)
    }

    @Test("goes on with an upload that is begun again")
    func idempotence() throws {
        let inbox = try inbox()
        let blob = try sampleBlob(300)
        let first = try inbox.begin(blob.manifest, in: .memory, from: "a", now: .zero)
        _ = try inbox.put(try blob.chunk(1), at: 1, of: blob.id, now: .zero)
        let second = try inbox.begin(blob.manifest, in: .memory, from: "a", now: .zero)
        #expect(first === second && second?.missing.indices == [0, 2] && inbox.memoryInUse == 300)
    }

    @Test("counts a blob's memory until it is released, not only until it is handed over")
    func memoryCounts() throws {
        let inbox = try inbox()
        let blob = try sampleBlob(400)
        _ = try inbox.begin(blob.manifest, in: .memory, from: "a", now: .zero)
        try upload(blob, to: inbox)
        var taken: Blob? = try inbox.take(blob.id, now: .zero)
        #expect(inbox.memoryInUse == 400 && taken?.size == 400)
        taken = nil
        #expect(inbox.memoryInUse == 0)
        #expect(errorCode { try inbox.take(blob.id, now: .zero) } == .notFound)
    }

    @Test("gives up uploads without a chunk for the idle time", arguments: [BlobInbox.Place.memory, .file])
    func idle(place: BlobInbox.Place) throws {
        let inbox = try inbox()
        let (busy, idle) = (try sampleBlob(300, seed: 1), try sampleBlob(300, seed: 2))
        for blob in [busy, idle] { _ = try inbox.begin(blob.manifest, in: place, from: "a", now: .zero) }
        _ = try inbox.put(try busy.chunk(0), at: 0, of: busy.id, now: .seconds(30))
        inbox.evictIdle(now: .seconds(61))
        #expect(errorCode { try inbox.put(try idle.chunk(0), at: 0, of: idle.id, now: .seconds(61)) } == .notFound)
        #expect(try inbox.put(try busy.chunk(1), at: 1, of: busy.id, now: .seconds(61)) == .stored)
        #expect(inbox.memoryInUse + inbox.diskInUse == 300)
        #expect(BlobFolder(reading: folder.path).partialEntries().count == (place == .file ? 1 : 0))
    }

    @Test("makes room for a new upload by giving up idle ones")
    func replacing() throws {
        let inbox = try inbox()
        for seed in 1...2 as ClosedRange<UInt8> {
            _ = try inbox.begin(sampleBlob(500, seed: seed).manifest, in: .memory, from: "\(seed)", now: .zero)
        }
        let new = try sampleBlob(500, seed: 3).manifest
        #expect(try inbox.begin(new, in: .memory, from: "c", now: .seconds(59)) == nil)
        #expect(try inbox.begin(new, in: .memory, from: "c", now: .seconds(60)) != nil)
    }

    @Test("that is opened again goes on with files, and gives them up when nobody does")
    func reopening() throws {
        let blob = try sampleBlob(400)
        try withExtendedLifetime(try inbox()) { inbox in
            _ = try inbox.begin(blob.manifest, in: .file, from: "a", now: .zero)
            _ = try inbox.put(try blob.chunk(2), at: 2, of: blob.id, now: .zero)
        }
        let second = try inbox()
        #expect(second.diskInUse == 400)
        #expect(try second.begin(blob.manifest, in: .file, from: "a", now: .zero)?.missing.indices == [0, 1, 3])
        #expect(second.diskInUse == 400)
        try upload(blob, to: second)
        _ = try second.take(blob.id, now: .zero)

        let third = try inbox(now: .seconds(500))
        #expect(third.diskInUse == 400)
        #expect(try third.begin(blob.manifest, in: .file, from: "a", now: .seconds(500))?.isComplete == true)
        #expect(try third.take(blob.id, now: .seconds(500)).bytes() == sampleBytes(400))
        third.discard(blob.id)
        #expect(third.diskInUse == 0 && BlobFolder(reading: folder.path).entries().isEmpty)
    }

    @Test("deletes what a former process has left when nobody goes on with it")
    func leftovers() throws {
        let blob = try sampleBlob(400)
        try withExtendedLifetime(try inbox()) { inbox in
            _ = try inbox.begin(blob.manifest, in: .file, from: "a", now: .zero)
        }
        let second = try inbox()
        second.evictIdle(now: .seconds(60))
        #expect(second.diskInUse == 0 && BlobFolder(reading: folder.path).partials.names.isEmpty)
    }

    @Test(
        "forgets an upload that is discarded, and takes it from the beginning",
        arguments: [BlobInbox.Place.memory, .file])
    func discarding(place: BlobInbox.Place) throws {
        let inbox = try inbox()
        let blob = try sampleBlob(300)
        let receipt = try #require(try inbox.begin(blob.manifest, in: place, from: "a", now: .zero))
        _ = try inbox.put(try blob.chunk(0), at: 0, of: blob.id, now: .zero)
        inbox.discard(blob.id)
        inbox.discard(blob.id)
        #expect(errorCode { try receipt.put(try blob.chunk(1), at: 1) } == .closed)
        #expect(errorCode { try inbox.missing(of: blob.id, now: .zero) } == .notFound)
        #expect(try inbox.begin(blob.manifest, in: place, from: "a", now: .zero)?.missing.count == 3)
    }

    @Test("knows nothing of blobs that were not begun")
    func unknown() throws {
        let inbox = try inbox()
        let blob = try sampleBlob(300)
        #expect(errorCode { try inbox.put(try blob.chunk(0), at: 0, of: blob.id, now: .zero) } == .notFound)
        #expect(errorCode { try inbox.take(blob.id, now: .zero) } == .notFound)
        #expect(inbox.memoryInUse == 0 && inbox.diskInUse == 0)
    }

    @Test("does not keep finished files beyond a limit that has become smaller")
    func smallerLimit() throws {
        let blob = try sampleBlob(400)
        let first = try inbox()
        _ = try first.begin(blob.manifest, in: .file, from: "a", now: .zero)
        try upload(blob, to: first)
        _ = try first.take(blob.id, now: .zero)
        let small = BlobInbox.Limits(memory: 100, disk: 100, sender: 100)
        #expect(try BlobInbox(folder: folder.path, limits: small, now: .zero).diskInUse == 0)
        #expect(BlobFolder(reading: folder.path).entries().isEmpty)
    }
}
