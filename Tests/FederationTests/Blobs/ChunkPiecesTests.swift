import Foundation
import Testing
import Transports

@testable import Federation

@Suite("A chunk in pieces")
struct ChunkPiecesTests {
    private let bytes = sampleBytes(100)

    @Test("is whole once its last piece is there, wherever it was cut")
    func whole() throws {
        for cut in [1, 50, 99] {
            var pieces = ChunkPieces()
            #expect(try pieces.add(bytes.prefix(cut), at: 0, of: 3, size: 100) == nil)
            #expect(pieces.byteCount == cut)
            #expect(try pieces.add(bytes.dropFirst(cut), at: cut, of: 3, size: 100) == bytes)
            #expect(pieces.byteCount == 0)
        }
    }

    @Test("bears pieces that come again, whole or cut otherwise")
    func repeated() throws {
        var pieces = ChunkPieces()
        for _ in 0..<3 { #expect(try pieces.add(bytes.prefix(40), at: 0, of: 0, size: 100) == nil) }
        #expect(try pieces.add(bytes.prefix(20), at: 0, of: 0, size: 100) == nil)
        #expect(try pieces.add(bytes.dropFirst(30).prefix(30), at: 30, of: 0, size: 100) == nil)
        #expect(pieces.byteCount == 60)
        #expect(try pieces.add(bytes.dropFirst(60), at: 60, of: 0, size: 100) == bytes)
    }

    @Test("refuses a piece without what comes before it, and one that is too long or empty")
    func refused() throws {
        var pieces = ChunkPieces()
        #expect(errorCode { try pieces.add(self.bytes.prefix(1), at: 40, of: 0, size: 100) } == .protocolViolation)
        _ = try pieces.add(bytes.prefix(40), at: 0, of: 0, size: 100)
        #expect(errorCode { try pieces.add(self.bytes.prefix(1), at: 41, of: 0, size: 100) } == .protocolViolation)
        #expect(errorCode { try pieces.add(self.bytes.prefix(61), at: 40, of: 0, size: 100) } == .protocolViolation)
        #expect(errorCode { try pieces.add(self.bytes, at: .max, of: 0, size: 100) } == .protocolViolation)
        #expect(errorCode { try pieces.add(self.bytes, at: -1, of: 0, size: 100) } == .protocolViolation)
        #expect(errorCode { try pieces.add(Data(), at: 40, of: 0, size: 100) } == .protocolViolation)
        #expect(pieces.byteCount == 40)
    }

    @Test("makes room for others after four, the oldest first")
    func bounded() throws {
        var pieces = ChunkPieces()
        for index in 0..<5 { _ = try pieces.add(bytes.prefix(10), at: 0, of: index, size: 100) }
        #expect(pieces.byteCount == 40)
        #expect(errorCode { try pieces.add(self.bytes.dropFirst(10), at: 10, of: 0, size: 100) } == .protocolViolation)
        #expect(try pieces.add(bytes.dropFirst(10), at: 10, of: 4, size: 100) == bytes)
    }

    @Test("is checked when it is whole; a damaged one begins again")
    func inbox() throws {
        let inbox = BlobInbox(limits: .init(memory: 1000, sender: 600))
        let blob = try sampleBlob(250)
        let size = blob.manifest.chunkSize
        #expect(try inbox.begin(blob.manifest, from: "a", now: .zero) != nil)
        for index in 0..<blob.manifest.chunkCount {
            let chunk = try blob.chunk(index)
            let half = chunk.count / 2
            func put(_ piece: Data, _ offset: Int) throws -> BlobReceipt.Outcome {
                try inbox.put(Data(piece), at: index, offset: offset, of: blob.id, now: .zero)
            }
            #expect(try put(chunk.prefix(half), 0) == .stored)
            #expect(errorCode { try put(Data(count: chunk.count - half), half) } == .protocolViolation)
            #expect(try inbox.missing(of: blob.id, now: .zero).contains(index))
            #expect(try put(chunk.prefix(half), 0) == .stored)
            let isLast = index == blob.manifest.chunkCount - 1
            #expect(try put(chunk.dropFirst(half), half) == (isLast ? .completed : .stored))
            #expect(try put(chunk, 0) == .duplicate)
        }
        #expect(try inbox.take(blob.id, now: .zero).bytes() == sampleBytes(250))
        #expect(size < 250, "several chunks")
    }

    @Test("of what is offered can be fetched piece by piece")
    func shelf() throws {
        let shelf = BlobShelf()
        let blob = try sampleBlob(250)
        shelf.publish(blob)
        let chunk = try blob.chunk(1)
        func piece(_ offset: Int, _ length: Int) throws -> Data {
            try shelf.piece(1, of: blob.id, offset: offset, length: length)
        }
        #expect(try piece(0, 0) == chunk)
        #expect(try piece(0, 10) + piece(10, 0) == chunk)
        #expect(try piece(10, .max) == chunk.dropFirst(10))
        #expect(try piece(chunk.count, 5).isEmpty)
        #expect(errorCode { try piece(chunk.count + 1, 0) } == .protocolViolation)
        #expect(errorCode { try shelf.piece(99, of: blob.id, offset: 0, length: 0) } == .protocolViolation)
    }
}
