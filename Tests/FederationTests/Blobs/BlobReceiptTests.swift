import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Federation

@Suite("A receipt")
struct BlobReceiptTests {
    enum Place: CaseIterable {
        case memory, file
    }

    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func receipt(_ manifest: BlobManifest, _ place: Place) throws -> BlobReceipt {
        guard place == .file else { return try BlobReceipt(inMemory: manifest) }
        let (partial, present) = try PartialBlob.open(manifest, in: BlobFolder(creating: folder.path))
        return BlobReceipt(manifest, into: partial, present: present)
    }

    private var finalNames: [String] {
        let names = FileManager.default.enumerator(atPath: folder.path + "/blobs")?.compactMap { $0 as? String } ?? []
        return names.filter { $0.count > 2 }
    }

    @Test("takes the chunks in any order, and each once", arguments: Place.allCases, 1...5 as ClosedRange<UInt64>)
    func order(place: Place, seed: UInt64) throws {
        let blob = try sampleBlob(1234)
        let receipt = try receipt(blob.manifest, place)
        var outcomes: [BlobReceipt.Outcome] = []
        var order = Array(0..<blob.manifest.chunkCount)
        for step in order.indices { order.swapAt(step, Int(seed) * 7 % (step + 1)) }
        for index in order {
            #expect(receipt.missing.contains(index) && !receipt.isComplete)
            outcomes.append(try receipt.put(try blob.chunk(index), at: index))
            #expect(try receipt.put(try blob.chunk(index), at: index) == .duplicate)
            #expect(!receipt.missing.contains(index))
        }
        #expect(outcomes.dropLast().allSatisfy { $0 == .stored } && outcomes.last == .completed)
        #expect(try receipt.finish().bytes() == sampleBytes(1234))
        #expect(try receipt.finish().id == blob.id)
    }

    @Test("refuses wrong, cut and foreign chunks, and goes on", arguments: Place.allCases)
    func refusals(place: Place) throws {
        let blob = try sampleBlob(250)
        let receipt = try receipt(blob.manifest, place)
        var damaged = try blob.chunk(0)
        damaged[damaged.startIndex + 99] ^= 1
        let wrong: [(Data, Int)] = [
            (damaged, 0), (try blob.chunk(0).prefix(99), 0), (try blob.chunk(0) + [0], 0), (Data(), 0),
            (try blob.chunk(1), 0), (try blob.chunk(0), 3), (try blob.chunk(0), -1),
        ]
        for (chunk, index) in wrong {
            #expect(errorCode { try receipt.put(chunk, at: index) } == .protocolViolation)
        }
        #expect(receipt.missing == ChunkSet(all: 3))
        #expect(errorCode { try receipt.finish() } == .protocolViolation)
        for index in 0..<3 { _ = try receipt.put(try blob.chunk(index), at: index) }
        #expect(try receipt.finish().bytes() == sampleBytes(250))
    }

    @Test("of an empty blob is complete at once", arguments: Place.allCases)
    func empty(place: Place) throws {
        let receipt = try receipt(try sampleBlob(0).manifest, place)
        #expect(receipt.isComplete)
        #expect(try receipt.finish().bytes().isEmpty)
    }

    @Test("takes chunks of several threads, and tells one of them that it completed it", arguments: Place.allCases)
    func threads(place: Place) throws {
        let blob = try sampleBlob(20_000)
        let receipt = try receipt(blob.manifest, place)
        let completions = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for index in 0..<200 {
                let index = thread.isMultiple(of: 2) ? index : 199 - index
                let outcome = try? receipt.put((try? blob.chunk(index)) ?? Data(), at: index)
                if outcome == .completed { completions.withLock { $0 += 1 } }
            }
        }
        #expect(completions.withLock { $0 } == 1)
        #expect(try receipt.finish().bytes() == sampleBytes(20_000))
    }

    @Test("that is cancelled takes nothing more and leaves no file", arguments: Place.allCases)
    func cancelling(place: Place) throws {
        let blob = try sampleBlob(250)
        let receipt = try receipt(blob.manifest, place)
        _ = try receipt.put(try blob.chunk(0), at: 0)
        receipt.cancel()
        #expect(errorCode { try receipt.put(try blob.chunk(1), at: 1) } == .closed)
        #expect(errorCode { try receipt.finish() } == .closed)
        #expect(BlobFolder(reading: folder.path).partials.names.isEmpty)
    }

    @Test("in a file goes on after the process has ended, and has no final name before it is complete")
    func resuming() throws {
        let blob = try sampleBlob(1000)
        for index in 0..<10 {
            let receipt = try receipt(blob.manifest, .file)
            #expect(receipt.missing.indices == Array(index..<10))
            #expect(finalNames.isEmpty)
            _ = try receipt.put(try blob.chunk(index), at: index)
            if index == 9 { #expect(try receipt.finish().bytes() == sampleBytes(1000)) }
        }
        #expect(finalNames.count == 2)
        #expect(BlobFolder(reading: folder.path).partials.names.isEmpty)
    }

    @Test("in a file that was damaged meanwhile misses the damaged chunks again")
    func damagedPartial() throws {
        let blob = try sampleBlob(1000)
        let first = try receipt(blob.manifest, .file)
        for index in 0..<5 { _ = try first.put(try blob.chunk(index), at: index) }
        let partial = try #require(BlobFolder(reading: folder.path).partialEntries().first)
        try withExtendedLifetime(first) {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: partial.path))
            try file.seek(toOffset: 250)
            try file.write(contentsOf: Data([255, 0, 255]))
        }
        let copy = try folder.copy()
        let (reopened, present) = try PartialBlob.open(blob.manifest, in: BlobFolder(creating: copy.path))
        #expect(present.indices == [0, 1, 3, 4])
        reopened.discard()
    }

    @Test("in a file of another length, or with marks of nonsense, begins anew")
    func uselessPartial() throws {
        let blob = try sampleBlob(1000)
        let files = try BlobFolder(creating: folder.path)
        let path = "\(files.partials.path)/\(blob.id.text).0.blob"
        for (contents, marks) in [(999, 10), (1000, 11), (1000, 0)] {
            try sampleBytes(1000).prefix(contents).write(to: URL(fileURLWithPath: path))
            try Data(repeating: 1, count: marks).write(to: URL(fileURLWithPath: PartialBlob.marksPath(of: path)))
            let (partial, present) = try PartialBlob.open(blob.manifest, in: files)
            #expect(present.count == 0)
            partial.discard()
        }
    }

    @Test("in a file does not disturb another one of the same blob, as of another process")
    func twice() throws {
        let blob = try sampleBlob(300)
        let receipts = [try receipt(blob.manifest, .file), try receipt(blob.manifest, .file)]
        for index in 0..<3 {
            for receipt in receipts { _ = try receipt.put(try blob.chunk(index), at: index) }
        }
        for receipt in receipts { #expect(try receipt.finish().bytes() == sampleBytes(300)) }
        #expect(finalNames.count == 2)
    }

    @Test("calls a chunk that is just being stored a duplicate, and stores it once")
    func sameChunkMeanwhile() throws {
        let blob = try sampleBlob(50)
        let destination = InterruptedDestination()
        let receipt = BlobReceipt(blob.manifest, into: destination)
        destination.meanwhile.withLock { $0 = { try receipt.put(try blob.chunk(0), at: 0) } }
        #expect(try receipt.put(try blob.chunk(0), at: 0) == .completed)
        #expect(destination.outcome.withLock { $0 } == .duplicate)
        #expect(destination.writeCount.withLock { $0 } == 1)
    }

    @Test("of which a chunk cannot be stored takes no more")
    func failingDestination() throws {
        let blob = try sampleBlob(250)
        let destination = InterruptedDestination()
        let receipt = BlobReceipt(blob.manifest, into: destination)
        destination.meanwhile.withLock { $0 = { throw FederationError(.writeFailed, "the disk is full") } }
        #expect(errorCode { try receipt.put(try blob.chunk(0), at: 0) } == .writeFailed)
        #expect(errorCode { try receipt.put(try blob.chunk(1), at: 1) } == .writeFailed)
        #expect(errorCode { try receipt.finish() } == .writeFailed && receipt.missing.count == 3)
    }

    /// Does something else in the middle of its first writing.
    private final class InterruptedDestination: ChunkDestination {
        let meanwhile = Mutex<(@Sendable () throws -> BlobReceipt.Outcome)?>(nil)
        let outcome = Mutex<BlobReceipt.Outcome?>(nil)
        let writeCount = Mutex(0)

        func write(_ chunk: UnsafeRawBufferPointer, index: Int, offset: Int) throws {
            writeCount.withLock { $0 += 1 }
            let action = meanwhile.withLock { meanwhile in
                defer { meanwhile = nil }
                return meanwhile
            }
            if let result = try action?() { outcome.withLock { $0 = result } }
        }

        func finish() throws -> any BlobSource { MemorySource(Data()) }
        func discard() {}
    }
}
