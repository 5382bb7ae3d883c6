import Crypto
public import Foundation

/// What every result of a run rests on, beside a round's state and its order: the run file and the files of the base
/// model and the adapter's configuration.
public struct RunBasis: Equatable, Sendable {
    /// The run file, as the coordinator sends it.
    public let configuration: String
    /// The files, each known by its content.
    public let files: [CoordinatorOptions.File]

    /// Puts a basis together.
    public init(configuration: String, files: [CoordinatorOptions.File]) {
        self.configuration = configuration
        self.files = files
    }

    /// SHA-256 of all of it; the order of the files does not matter.
    public var digest: Data {
        var hash = SHA256()
        hash.update(data: Data("lorad run basis 1".utf8))
        hash.update(framed: Data(configuration.utf8))
        for file in files.sorted(by: { $0.name < $1.name }) {
            hash.update(framed: Data(file.name.utf8))
            hash.update(framed: file.blob.bytes)
        }
        return Data(hash.finalize())
    }
}

extension WorkerRunner.Welcome {
    /// What the run's results rest on, by what the coordinator told this worker.
    public var basis: RunBasis { RunBasis(configuration: configuration, files: files) }
}

extension SHA256 {
    /// Takes in bytes with their number before them, so that no two sequences of pieces are one stream.
    mutating func update(framed bytes: Data) {
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { update(bufferPointer: $0) }
        update(data: bytes)
    }
}
