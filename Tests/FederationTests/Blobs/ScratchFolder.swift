import Foundation

@testable import Federation

/// A folder that lives as long as the test that made it.
final class ScratchFolder: Sendable {
    let path = NSTemporaryDirectory() + "lorad-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and gives its path.
    @discardableResult
    func write(_ data: Data, to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try data.write(to: URL(fileURLWithPath: file))
        return file
    }

    /// Copies it as it is now.
    func copy() throws -> ScratchFolder {
        let copy = try ScratchFolder()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: path, toPath: copy.path)
        return copy
    }
}

/// Bytes that look like nothing else, the same for equal seeds.
func sampleBytes(_ count: Int, seed: UInt8 = 1) -> Data {
    var state = UInt32(seed) &* 2_654_435_761 | 1
    return Data(
        (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        })
}

/// A blob of such bytes in chunks of 100 bytes.
func sampleBlob(_ count: Int, seed: UInt8 = 1, chunkSize: Int = 100) throws -> Blob {
    try Blob(MemorySource(sampleBytes(count, seed: seed)), chunkSize: chunkSize)
}

/// The code of the error that some work throws, nil where it succeeds.
func errorCode<Result>(of work: () throws -> Result) -> FederationError.Code? {
    do {
        _ = try work()
        return nil
    } catch {
        return (error as? FederationError)?.code
    }
}
