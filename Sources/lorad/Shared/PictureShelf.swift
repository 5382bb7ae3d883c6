import Federation
import Foundation
import Synchronization
import Training

/// The pictures that workers may download: published when work that needs them is first given out.
final class PictureShelf: Sendable {
    /// What stands for which picture.
    let catalogue: PictureCatalogue
    private let known: Known

    private final class Known: Sendable {
        let blobs = Mutex<[PictureID: Blob]>([:])
    }

    init(_ shelf: BlobShelf) {
        let known = Known()
        self.known = known
        catalogue = PictureCatalogue { path in
            let manifest = try BlobManifest(of: FileSource(path: path))
            let blob = try Blob(manifest: manifest, source: LazyFile(path: path, size: manifest.size))
            let id = try PictureID(Array(blob.id.bytes))
            let isNew = known.blobs.withLock { $0.updateValue(blob, forKey: id) == nil }
            if isNew { shelf.publish(blob) }
            return id.bytes
        }
    }

    /// The files that go with an order.
    func attachments(_ pictures: [PictureID]) throws -> [Attachment] {
        try pictures.map { picture in
            guard let blob = known.blobs.withLock({ $0[picture] }) else {
                throw FederationError(.notFound, "picture \(picture) is not known")
            }
            return Attachment(name: Data(picture.bytes), blob: blob.id.bytes, size: blob.size)
        }
    }
}

/// A file that is open only while it is read, because there may be more pictures than a process may have files open.
private struct LazyFile: BlobSource {
    let path: String
    let size: Int

    func visit(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try FileSource(path: path).visit(range, body)
    }
}
