import Federation
import Foundation
import Models

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
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        entries = try names.compactMap { name in
            let path = folder.appending(path: name)
            guard Self.extensions.contains(path.pathExtension), !name.hasPrefix("."), !path.hasDirectoryPath else {
                return nil
            }
            let manifest = try fingerprints.manifest(of: path.path)
            return Entry(path: path, blob: try Blob(manifest: manifest, source: try FileSource(path: path.path)))
        }
    }

    /// What workers are told.
    var files: [CoordinatorOptions.File] {
        entries.map { CoordinatorOptions.File(name: $0.path.lastPathComponent, blob: $0.blob.id, size: $0.blob.size) }
    }
}
