import Foundation
import Tensors
import Testing

@testable import Federation

@Suite("A source of bytes")
struct BlobSourceTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private static let state = StateDict([
        ("a", Tensor((0..<50).map(Float.init), shape: [5, 10])), ("none", Tensor(zeros: [0])),
        ("b", Tensor(integers: [7])), ("c", Tensor((0..<33).map { 1 / Float($0 + 1) }, shape: [33])),
    ])

    /// The same bytes in memory, in a slice of memory, in a file and as tensors.
    private func sources() throws -> [any BlobSource] {
        let path = folder.path + "/state.safetensors"
        try Self.state.write(to: path)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let slice = (Data([1, 2, 3]) + bytes + [4]).dropFirst(3).dropLast()
        return [
            MemorySource(bytes), MemorySource(slice), try FileSource(path: path), try StateDictSource(Self.state),
        ]
    }

    @Test("hands over any range, from wherever its bytes lie")
    func ranges() throws {
        let sources = try sources()
        let whole = try sources[0].bytes(in: 0..<sources[0].size)
        var random = SplitMix64(seed: 3)
        for _ in 0..<300 {
            let start = random.next(below: whole.count + 1)
            let range = start..<start + random.next(below: whole.count - start + 1)
            for source in sources {
                #expect(try source.bytes(in: range) == whole[range])
                var pieces = Data()
                try source.visit(range) { pieces.append(contentsOf: $0) }
                #expect(pieces == whole[range])
            }
        }
    }

    @Test("gives a blob the same name, wherever its bytes lie")
    func naming() throws {
        #expect(try Set(sources().map { try Blob($0, chunkSize: 64).id }).count == 1)
    }

    @Test("reads a file in pieces that are smaller than a chunk")
    func largeFile() throws {
        let bytes = sampleBytes(600_000)
        let file = try FileSource(path: folder.write(bytes, to: "large"))
        var sizes: [Int] = []
        try file.visit(5..<600_000) { sizes.append($0.count) }
        #expect(sizes == [262_144, 262_144, 75_707])
        #expect(try BlobManifest(of: file, chunkSize: 300_000) == BlobManifest(of: bytes, chunkSize: 300_000))
    }

    @Test("in a file can still be read when the file has been renamed or deleted")
    func deletedFile() throws {
        let path = try folder.write(sampleBytes(100), to: "file")
        let source = try FileSource(path: path)
        try FileManager.default.removeItem(atPath: path)
        #expect(try source.bytes(in: 0..<100) == sampleBytes(100))
        #expect(errorCode { try FileSource(path: path) } == .notFound)
    }

    @Test("that fails while threads read it ends with that failure")
    func failing() {
        struct Failing: BlobSource {
            let size = 10_000
            func visit(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
                if range.contains(5000) { throw FederationError(.corruptState, "unreadable") }
            }
        }
        for threads in [1, 4] {
            #expect(errorCode { try BlobManifest(of: Failing(), chunkSize: 10, threads: threads) } == .corruptState)
        }
    }
}

@Suite("A budget of bytes")
struct ByteBudgetTests {
    @Test("gives no more than it has, and takes back what nobody holds")
    func limits() {
        let budget = ByteBudget(limit: 10)
        var first = budget.reserve(6)
        #expect(budget.reserve(5) == nil && budget.used == 6 && first?.byteCount == 6)
        let second = budget.reserve(4)
        #expect(second != nil && budget.used == 10)
        first = nil
        #expect(budget.used == 4 && budget.reserve(-1) == nil && budget.reserve(.max) == nil)
        withExtendedLifetime(second) {}
    }
}

@Suite("A folder that cannot be written")
struct UnwritableFolderTests {
    @Test("is named by whoever wants to write there")
    func errors() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Data(), to: "file") + "/sub"
        let attempts: [() throws -> Void] = [
            { _ = try BlobCache(folder: path, limit: 1) },
            { _ = try FileFingerprints(path: path + "/fingerprints.sqlite") },
            { _ = try RunStore(folder: path, run: "r", mode: "m", configuration: "", now: Date()) },
        ]
        for attempt in attempts {
            let error = #expect(throws: FederationError.self) { try attempt() }
            #expect(error?.code == .writeFailed && error?.message.contains(path) == true)
        }
    }
}
