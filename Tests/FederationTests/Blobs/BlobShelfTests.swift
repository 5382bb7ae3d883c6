import Foundation
import Testing

@testable import Federation

@Suite("A shelf of blobs")
struct BlobShelfTests {
    @Test("serves the chunks of memory and of files")
    func serving() throws {
        let folder = try ScratchFolder()
        let bytes = sampleBytes(250)
        let shelf = BlobShelf()
        for source in [MemorySource(bytes) as any BlobSource, try FileSource(path: folder.write(bytes, to: "file"))] {
            let id = shelf.publish(try Blob(source, chunkSize: 100))
            #expect(try shelf.chunk(0, of: id) == bytes.prefix(100) && shelf.chunk(2, of: id) == bytes.suffix(50))
        }
        #expect(shelf.count == 1)
    }

    @Test("offers a blob until it is withdrawn as often as it was published")
    func withdrawing() throws {
        let shelf = BlobShelf()
        let blob = try sampleBlob(250)
        shelf.publish(blob)
        shelf.publish(blob)
        shelf.withdraw(blob.id)
        #expect(try shelf.blob(blob.id).id == blob.id)
        shelf.withdraw(blob.id)
        shelf.withdraw(blob.id)
        #expect(errorCode { try shelf.blob(blob.id) } == .notFound)
        #expect(shelf.count == 0)
    }

    @Test("refuses chunks that do not exist", arguments: [-1, 3, Int.max])
    func refusals(index: Int) throws {
        let shelf = BlobShelf()
        let id = shelf.publish(try sampleBlob(250))
        #expect(errorCode { try shelf.chunk(index, of: id) } == .protocolViolation)
    }

    @Test("tells of a file that has become shorter")
    func truncated() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(sampleBytes(250), to: "file")
        let blob = try Blob(try FileSource(path: path), chunkSize: 100)
        #expect(truncate(path, 220) == 0)
        #expect(try blob.chunk(0).count == 100)
        #expect(errorCode { try blob.chunk(2) } == .corruptState)
    }

    @Test("does not take contents of another size than the manifest's")
    func sizes() throws {
        let manifest = try sampleBlob(250).manifest
        #expect(errorCode { try Blob(manifest: manifest, source: MemorySource(Data())) } == .corruptState)
    }
}
