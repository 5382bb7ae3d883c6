import Foundation
import Tensors
import Testing

@testable import Federation

@Suite("A blob's manifest")
struct BlobManifestTests {
    private let limits = BlobLimits(size: 100_000, chunkSizes: 1...10_000, chunks: 1000)

    @Test("is the same from memory, from a file and by several threads", arguments: [0, 1, 99, 100, 101, 2345])
    func sources(count: Int) throws {
        let folder = try ScratchFolder()
        let bytes = sampleBytes(count)
        let manifest = try BlobManifest(of: bytes, chunkSize: 100)
        let file = try FileSource(path: folder.write(bytes, to: "file"))
        #expect(try BlobManifest(of: file, chunkSize: 100) == manifest)
        #expect(try BlobManifest(of: file, chunkSize: 100, threads: 4) == manifest)
        #expect(manifest.chunkCount == (count + 99) / 100)
        #expect((0..<manifest.chunkCount).reduce(0) { $0 + manifest.range(of: $1).count } == count)
    }

    @Test("names the contents: another byte or chunk size is another name")
    func naming() throws {
        var bytes = sampleBytes(1000)
        let id = try BlobManifest(of: bytes, chunkSize: 100).id
        #expect(try BlobManifest(of: bytes, chunkSize: 100).id == id)
        #expect(try BlobManifest(of: bytes, chunkSize: 200).id != id)
        bytes[500] ^= 1
        #expect(try BlobManifest(of: bytes, chunkSize: 100).id != id)
    }

    @Test("has a fixed encoding")
    func encoding() throws {
        let manifest = try BlobManifest(of: Data("abc".utf8), chunkSize: 4)
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  // FIPS 180-4's example
        #expect(
            Hexadecimal.encode(manifest.encoded) == "6c6f72626c6f6231" + "0300000000000000" + "0400000000000000" + hash)
        #expect(manifest.id.digest == ContentDigest(of: manifest.encoded))
    }

    @Test("survives encoding", arguments: [0, 1, 100, 999])
    func roundTrip(count: Int) throws {
        let manifest = try BlobManifest(of: sampleBytes(count), chunkSize: 100)
        #expect(try BlobManifest(decoding: manifest.encoded, limits: limits) == manifest)
    }

    @Test("that claims more than the limits is refused before memory is taken")
    func refusals() throws {
        let claims: [(UInt64, UInt64)] = [
            (100_001, 1000), (.max, 1), (1 << 63, 1 << 62), (1000, 0), (1000, 10_001), (1000, .max), (1001, 1),
        ]
        for (size, chunkSize) in claims {
            var data = Data("lorblob1".utf8)
            for number in [size, chunkSize] {
                withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
            }
            #expect(errorCode { try BlobManifest(decoding: data, limits: limits) } == .protocolViolation)
            #expect(errorCode { try limits.check(size: size, chunkSize: chunkSize) } == .protocolViolation)
        }
        #expect(try limits.check(size: 1000, chunkSize: 1) == 1000)
        #expect(try limits.check(size: 100_000, chunkSize: 10_000) == 10)
    }

    @Test("with any one byte changed, cut or added is refused or is another blob's")
    func fuzz() throws {
        let manifest = try BlobManifest(of: sampleBytes(350), chunkSize: 100)
        let encoded = manifest.encoded
        for position in encoded.indices {
            for bit in 0..<8 {
                var damaged = encoded
                damaged[position] ^= 1 << bit
                guard let decoded = try? BlobManifest(decoding: damaged, limits: limits) else { continue }
                #expect(decoded.id != manifest.id && decoded.encoded == damaged)
            }
            #expect(throws: FederationError.self) {
                try BlobManifest(decoding: encoded.prefix(position), limits: limits)
            }
        }
        #expect(throws: FederationError.self) { try BlobManifest(decoding: encoded + [0], limits: limits) }
    }

    @Test("of random bytes is refused, whatever follows the right beginning")
    func random() {
        for seed in 1...200 {
            let data = Data("lorblob1".utf8) + sampleBytes(seed, seed: UInt8(seed))
            #expect(throws: FederationError.self) { try BlobManifest(decoding: data, limits: limits) }
        }
    }

    @Test("cannot be made with an impossible chunk size", arguments: [0, -1, Int.min, Int.max])
    func chunkSizes(chunkSize: Int) {
        #expect(errorCode { try BlobManifest(of: Data([1]), chunkSize: chunkSize) } == .protocolViolation)
    }

    @Test("of tensors is that of their safetensors file, which is never made")
    func tensors() throws {
        let folder = try ScratchFolder()
        let state = StateDict([
            ("first", Tensor((0..<300).map(Float.init), shape: [10, 30])), ("empty", Tensor(zeros: [0, 4])),
            ("second", Tensor(integers: [1, 2, 3])),
        ])
        try state.write(to: folder.path + "/state.safetensors")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/state.safetensors"))
        let blob = try Blob(state, chunkSize: 97)
        #expect(try blob.manifest == BlobManifest(of: bytes, chunkSize: 97))
        #expect(try blob.bytes() == bytes)
        #expect(try (0..<blob.manifest.chunkCount).reduce(Data()) { try $0 + blob.chunk($1) } == bytes)
    }
}

@Suite("A blob's name")
struct BlobIDTests {
    @Test("survives text and bytes")
    func roundTrip() throws {
        let id = try sampleBlob(10).id
        #expect(try BlobID(text: id.text) == id && BlobID(bytes: id.bytes) == id)
        #expect(id.text.count == 64 && id.text.hasPrefix(id.shortText))
    }

    @Test(
        "in any other form is refused",
        arguments: ["", "ab", String(repeating: "g", count: 64), String(repeating: "A", count: 64), "../../etc/passwd"])
    func refusals(text: String) {
        #expect(errorCode { try BlobID(text: text) } == .protocolViolation)
        #expect(errorCode { try BlobID(bytes: Data(text.utf8.prefix(31))) } == .protocolViolation)
    }

    @Test("is ordered as its bytes are")
    func order() throws {
        let ids = try (1...20).map { try sampleBlob(10, seed: $0).id }
        #expect(ids.sorted().map(\.text) == ids.map(\.text).sorted())
    }
}

@Suite("A set of chunks")
struct ChunkSetTests {
    @Test("survives encoding, and its complement is what it lacks", arguments: [0, 1, 8, 63, 64, 65, 200])
    func roundTrip(count: Int) throws {
        var set = ChunkSet(chunkCount: count)
        for index in stride(from: 0, to: count, by: 3) { set.insert(index) }
        #expect(try ChunkSet(decoding: set.encoded, chunkCount: count) == set)
        #expect(set.complement.complement == set && set.count + set.complement.count == count)
        #expect(Set(set.indices).union(set.complement.indices) == Set(0..<count))
        #expect(ChunkSet(all: count).complement == ChunkSet(chunkCount: count))
    }

    @Test("counts a chunk once")
    func counting() {
        var set = ChunkSet(chunkCount: 5)
        let added = (set.insert(3), set.insert(3))
        #expect(added == (true, false) && set.count == 1)
        set.remove(3)
        set.remove(3)
        #expect(set.count == 0 && !set.contains(3) && !set.contains(-1) && !set.contains(99))
    }

    @Test("that names a chunk beyond the last, or has another length, is refused")
    func refusals() {
        #expect(errorCode { try ChunkSet(decoding: Data([0b1000]), chunkCount: 3) } == .protocolViolation)
        #expect(errorCode { try ChunkSet(decoding: Data([0, 0]), chunkCount: 3) } == .protocolViolation)
        #expect(errorCode { try ChunkSet(decoding: Data(), chunkCount: 3) } == .protocolViolation)
    }
}
