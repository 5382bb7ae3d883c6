import Adapters
import Federation
import Foundation
import Models
import Tensors

/// The files that a model folder consists of, each with its fingerprint: what a worker needs to have the same base.
struct ModelFiles {
    /// A file of the folder.
    struct Entry {
        let path: URL
        let blob: Blob
    }

    let entries: [Entry]

    private static let extensions: Set<String> = ["json", "safetensors", "jinja", "model", "txt"]

    /// Fingerprints a model folder; files seen before are not read again.
    init(_ folder: URL, fingerprints: FileFingerprints) throws {
        entries = try Self.paths(in: folder).map { path in
            let manifest = try fingerprints.manifest(of: path.path)
            return Entry(path: path, blob: try Blob(manifest: manifest, source: try FileSource(path: path.path)))
        }
    }

    private static func paths(in folder: URL) throws -> [URL] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return names.compactMap { name in
            let path = folder.appending(path: name)
            let isOne = extensions.contains(path.pathExtension) && !name.hasPrefix(".") && !path.hasDirectoryPath
            return isOne ? path : nil
        }
    }

    /// The digest of a model folder, which runs name it by; every byte is read.
    static func digest(of folder: URL) throws -> String {
        let threads = AvailableCores.count
        let files = try paths(in: folder).map { path in
            let manifest = try BlobManifest(of: FileSource(path: path.path), threads: threads)
            return CoordinatorOptions.File(name: path.lastPathComponent, blob: manifest.id, size: manifest.size)
        }
        return RunBasis.digest(of: files)
    }

    /// The digest of an adapter's weights, which runs that start from it name it by.
    static func digest(ofAdapter folder: URL) throws -> String {
        try BlobManifest(of: FileSource(path: AdapterFolder.weights(in: folder).path)).id.text
    }

    /// What workers are told.
    var files: [CoordinatorOptions.File] {
        entries.map { CoordinatorOptions.File(name: $0.path.lastPathComponent, blob: $0.blob.id, size: $0.blob.size) }
    }
}
