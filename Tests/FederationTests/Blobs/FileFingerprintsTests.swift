import Foundation
import Testing

@testable import Federation

@Suite("The memory of files' fingerprints")
struct FileFingerprintsTests {
    private let folder: ScratchFolder
    private let later = Date().addingTimeInterval(3600)

    init() throws { folder = try ScratchFolder() }

    private func fingerprints(_ now: Date? = nil) throws -> FileFingerprints {
        try FileFingerprints(path: folder.path + "/memory/fingerprints.sqlite", now: { [later] in now ?? later })
    }

    /// Changes a file without changing its size or time: who notices has read it.
    private func changeSecretly(_ path: String) throws {
        let time = try #require(try FileManager.default.attributesOfItem(atPath: path)[.modificationDate])
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data([0, 1, 2, 3]))
        try file.close()
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
    }

    /// File systems and Foundation round times differently, so tests begin with one that both can express.
    private func file() throws -> String {
        let path = try folder.write(sampleBytes(1000), to: "model")
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: path)
        return path
    }

    @Test("reads a file once, also when it is opened again")
    func once() throws {
        let path = try file()
        let manifest = try fingerprints().manifest(of: path, chunkSize: 100)
        #expect(try manifest == BlobManifest(of: sampleBytes(1000), chunkSize: 100))
        try changeSecretly(path)
        #expect(try fingerprints().manifest(of: path, chunkSize: 100) == manifest)
        #expect(try fingerprints().manifest(of: path, chunkSize: 200) != manifest)
    }

    @Test("reads a file again that has another time, size or inode, or that it was told to forget")
    func again() throws {
        let memory = try fingerprints()
        let path = try file()
        let manifest = try memory.manifest(of: path, chunkSize: 100)
        try sampleBytes(1000, seed: 2).write(to: URL(fileURLWithPath: path))
        let second = try memory.manifest(of: path, chunkSize: 100)
        #expect(second != manifest)
        try sampleBytes(999, seed: 2).write(to: URL(fileURLWithPath: path))
        #expect(try memory.manifest(of: path, chunkSize: 100).size == 999)
        _ = try file()
        #expect(try memory.manifest(of: path, chunkSize: 100) == manifest)
        try changeSecretly(path)
        memory.forget(path)
        #expect(try memory.manifest(of: path, chunkSize: 100) != manifest)
    }

    @Test("does not rely on a file that was changed a moment ago")
    func racing() throws {
        let path = try file()
        let memory = try fingerprints(Date(timeIntervalSince1970: 1e9 + 1))
        let manifest = try memory.manifest(of: path, chunkSize: 100)
        try changeSecretly(path)
        #expect(try memory.manifest(of: path, chunkSize: 100) != manifest)
    }

    @Test("reads a file each time whose time no nanoseconds tell", arguments: [10_413_792_000, -12_000_000_000])
    func farTimes(seconds: Int) throws {
        let path = try file()
        let times = Array(repeating: timespec(tv_sec: seconds, tv_nsec: 0), count: 2)
        try #require(utimensat(AT_FDCWD, path, times, 0) == 0)
        // Some file systems keep the nearest time that they know.
        guard FileStatus(path: path)?.modified == .max else { return }
        let memory = try fingerprints()
        let manifest = try memory.manifest(of: path, chunkSize: 100)
        #expect(try manifest == BlobManifest(of: sampleBytes(1000), chunkSize: 100))
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try handle.write(contentsOf: Data([0, 1, 2, 3]))
        try handle.close()
        try #require(utimensat(AT_FDCWD, path, times, 0) == 0)
        #expect(try memory.manifest(of: path, chunkSize: 100) != manifest)
    }

    @Test("finds a file under every path that leads to it")
    func links() throws {
        let path = try file()
        let link = folder.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        let memory = try fingerprints()
        let manifest = try memory.manifest(of: link, chunkSize: 100)
        try changeSecretly(path)
        #expect(try memory.manifest(of: path, chunkSize: 100) == manifest)
    }

    @Test("that is damaged is begun anew")
    func damage() throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/memory", withIntermediateDirectories: true)
        try folder.write(sampleBytes(5000), to: "memory/fingerprints.sqlite")
        #expect(try fingerprints().manifest(of: file(), chunkSize: 100).size == 1000)
    }

    @Test("tells of a file that does not exist")
    func missing() throws {
        #expect(errorCode { try fingerprints().manifest(of: folder.path + "/none") } == .notFound)
    }
}
