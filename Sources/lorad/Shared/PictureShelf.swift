import Federation
import Foundation
import Synchronization
import Training

/// The images that workers may download: published when work that needs them is first given out.
final class PictureShelf: Sendable {
    /// The images by identifier.
    let catalogue: PictureCatalogue
    private let known: Known

    private final class Known: Sendable {
        let blobs = Mutex<[PictureID: Blob]>([:])
    }

    init(_ shelf: BlobShelf) {
        let known = Known()
        self.known = known
        catalogue = PictureCatalogue { picture in
            let manifest = try BlobManifest(of: try PictureSource(picture))
            let blob = try Blob(manifest: manifest, source: LazyPicture(picture: picture, size: manifest.size))
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
                throw FederationError(.notFound, "image \(picture) is not known")
            }
            return Attachment(name: Data(picture.bytes), blob: blob.id.bytes, size: blob.size)
        }
    }
}

/// The bytes of an image: a file, the part of one, or what a row of text holds.
private struct PictureSource: BlobSource {
    let size: Int
    private let source: any BlobSource
    private let start: Int

    init(_ picture: Picture) throws {
        switch picture.place {
        case .file(let path): (source, start) = (try FileSource(path: path), 0)
        case .part(let path, let bytes): (source, start) = (try FileSource(path: path), bytes.lowerBound)
        case .row, .cell: (source, start) = (MemorySource(try picture.contents()), 0)
        }
        if case .part(let path, let bytes) = picture.place {
            guard bytes.upperBound <= source.size else {
                throw FederationError(.corruptState, "\(path): is shorter than before: it was changed or truncated")
            }
            size = bytes.count
        } else {
            size = source.size
        }
    }

    func visit(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try source.visit(start + range.lowerBound..<start + range.upperBound, body)
    }
}

/// An image whose file is open only while it is read, because there may be more images than a process may have files
/// open.
private struct LazyPicture: BlobSource {
    let picture: Picture
    let size: Int

    func visit(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let source = try PictureSource(picture)
        guard range.upperBound <= source.size else {
            throw FederationError(.corruptState, "\(picture): is shorter than before: it must not change during a run")
        }
        try source.visit(range, body)
    }
}
