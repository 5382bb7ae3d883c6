import Foundation
import Synchronization
import Testing

@testable import Federation

@Suite("A cache of blobs")
struct BlobCacheTests {
    private let folder: ScratchFolder
    private let clock = Clock()

    /// A clock that the test sets.
    final class Clock: Sendable {
        private let time = Mutex(Date(timeIntervalSince1970: 4_000_000_000))
        var now: Date { time.withLock { $0 } }
        func advance(_ seconds: Double = 1) { time.withLock { $0 += seconds } }
    }

    init() throws { folder = try ScratchFolder() }

    private func cache(limit: Int = 1000) throws -> BlobCache {
        try BlobCache(folder: folder.path, limit: limit, now: { [clock] in clock.now })
    }

    /// Downloads a blob and lets it go.
    private func download(_ blob: Blob, to cache: BlobCache) throws {
        let receipt = try cache.receive(blob.manifest)
        for index in receipt.missing.indices { _ = try receipt.put(try blob.chunk(index), at: index) }
        _ = try cache.finish(receipt)
        clock.advance()
    }

    @Test("keeps what was downloaded, under its name")
    func keeping() throws {
        let cache = try cache()
        let blob = try sampleBlob(300)
        #expect(try cache.blob(blob.id) == nil)
        try download(blob, to: cache)
        let found = try #require(try cache.blob(blob.id))
        #expect(try found.blob.bytes() == sampleBytes(300))
        #expect(found.path == "\(folder.path)/blobs/\(blob.id.text.prefix(2))/\(blob.id.text.dropFirst(2))")
        #expect(cache.byteCount == 300)
    }

    @Test("deletes those used least recently when it is full")
    func eviction() throws {
        let cache = try cache()
        let blobs = try (1...4).map { try sampleBlob(300, seed: $0) }
        for blob in blobs.prefix(3) { try download(blob, to: cache) }
        _ = try cache.blob(blobs[0].id)
        try download(blobs[3], to: cache)
        #expect(try blobs.map { try cache.blob($0.id) != nil } == [true, false, true, true])
        #expect(cache.byteCount == 900)
    }

    @Test("keeps what is in use, also by another process, and says so when nothing else could go")
    func pinning() throws {
        let (cache, other) = (try cache(), try cache())
        let blobs = try (1...3).map { try sampleBlob(450, seed: $0) }
        for blob in blobs.prefix(2) { try download(blob, to: cache) }
        let held = try blobs.prefix(2).map { try other.blob($0.id) }
        let error = #expect(throws: FederationError.self) { try cache.receive(blobs[2].manifest) }
        #expect(error?.message.contains("350 more are needed by what is in use: raise the limit") == true)
        #expect(cache.byteCount == 900 && held.count == 2)
    }

    @Test("makes room when what was in use is let go")
    func releasing() throws {
        let cache = try cache()
        let blobs = try (1...3).map { try sampleBlob(450, seed: $0) }
        try download(blobs[0], to: cache)
        var held = try cache.blob(blobs[0].id)
        try download(blobs[1], to: cache)
        try download(blobs[2], to: cache)
        #expect(try cache.blob(blobs[0].id) != nil && cache.blob(blobs[1].id) == nil)
        held = nil
        try download(blobs[1], to: cache)
        #expect(cache.byteCount == 900 && held == nil)
    }

    @Test("notices a damaged, cut or replaced file, deletes it, and takes it again", arguments: [0, 1, 2])
    func damage(kind: Int) throws {
        let cache = try cache()
        let blob = try sampleBlob(300)
        try download(blob, to: cache)
        let path = try #require(try cache.blob(blob.id)).path
        let damaged = [sampleBytes(300, seed: 9), sampleBytes(299), Data()][kind]
        try damaged.write(to: URL(fileURLWithPath: path))
        #expect(try cache.blob(blob.id) == nil)
        #expect(!FileManager.default.fileExists(atPath: path))
        try download(blob, to: cache)
        #expect(try cache.blob(blob.id)?.blob.bytes() == sampleBytes(300))
    }

    @Test("notices damage that the file's time hides when it is asked to read again")
    func hiddenDamage() throws {
        let cache = try cache()
        let blob = try sampleBlob(300)
        try download(blob, to: cache)
        let path = try #require(try cache.blob(blob.id)).path
        let time = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data([1, 2, 3]))
        try file.close()
        try FileManager.default.setAttributes([.modificationDate: try #require(time)], ofItemAtPath: path)
        #expect(try cache.blob(blob.id, rereading: true) == nil)
    }

    @Test("without a manifest, or with a damaged one, has not got the blob")
    func manifests() throws {
        let cache = try cache()
        let blob = try sampleBlob(300)
        for replacement in [Data(), sampleBytes(120), try sampleBlob(300, seed: 2).manifest.encoded] {
            try download(blob, to: cache)
            let path = try #require(try cache.blob(blob.id)).path + BlobFolder.manifestSuffix
            try replacement.write(to: URL(fileURLWithPath: path))
            #expect(try cache.blob(blob.id) == nil)
        }
    }

    @Test("shared by two processes takes the same blob from both at once")
    func sharing() throws {
        let caches = [try cache(), try cache()]
        let blob = try sampleBlob(300)
        let receipts = try caches.map { try $0.receive(blob.manifest) }
        for index in 0..<3 {
            for receipt in receipts { _ = try receipt.put(try blob.chunk(index), at: index) }
        }
        let first = try caches[0].finish(receipts[0])
        let second = try caches[1].finish(receipts[1])
        #expect(try first?.blob.bytes() == sampleBytes(300) && second?.blob.bytes() == sampleBytes(300))
        #expect(caches[0].byteCount == 300)
    }

    @Test("goes on with a download that a former process has left, and deletes one that nobody wants")
    func partials() throws {
        let cache = try cache()
        let blob = try sampleBlob(600)
        _ = try cache.receive(blob.manifest).put(try blob.chunk(1), at: 1)
        #expect(try cache.receive(blob.manifest).missing.indices == [0, 2, 3, 4, 5])
        clock.advance()
        try download(try sampleBlob(700, seed: 2), to: cache)
        #expect(cache.byteCount == 700)
    }
}
