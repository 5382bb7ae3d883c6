public import Foundation
import Synchronization

/// What may be downloaded now, by name. Threads may use it at once.
public final class BlobShelf: Sendable {
    private struct Publication {
        var blob: Blob
        var count = 1
    }

    private let publications = Mutex<[BlobID: Publication]>([:])

    /// An empty shelf.
    public init() {}

    /// Offers a blob until it has been withdrawn as often as it was published.
    ///
    /// - Returns: Its name.
    @discardableResult public func publish(_ blob: Blob) -> BlobID {
        publications.withLock { publications in
            let count = publications[blob.id]?.count ?? 0
            publications[blob.id] = Publication(blob: blob, count: count + 1)
        }
        return blob.id
    }

    /// Takes one publication back; the memory is released when the last reader is done.
    public func withdraw(_ id: BlobID) {
        publications.withLock { publications in
            guard let count = publications[id]?.count else { return }
            if count > 1 { publications[id]?.count -= 1 } else { publications[id] = nil }
        }
    }

    /// Number of blobs that are offered.
    public var count: Int { publications.withLock { $0.count } }

    /// A published blob.
    ///
    /// - Throws: `FederationError.notFound` where nothing of that name is offered (any more).
    public func blob(_ id: BlobID) throws -> Blob {
        guard let blob = publications.withLock({ $0[id]?.blob }) else {
            throw FederationError(.notFound, "blob \(id.shortText) is not offered any more: ask for the current one")
        }
        return blob
    }

    /// A chunk of a published blob.
    ///
    /// - Throws: `FederationError.notFound` for a blob that is not offered, `.protocolViolation` for a chunk that it
    ///   does not have.
    public func chunk(_ index: Int, of id: BlobID) throws -> Data { try blob(id).chunk(index) }

    /// A piece of a chunk of a published blob.
    ///
    /// - Parameters:
    ///   - offset: where in the chunk it begins.
    ///   - length: its bytes, fewer at the chunk's end; 0 asks for all that follow.
    /// - Throws: What `chunk` throws, `.protocolViolation` also for a piece that begins after the chunk.
    func piece(_ index: Int, of id: BlobID, offset: Int, length: Int) throws -> Data {
        let blob = try blob(id)
        try blob.manifest.check(index)
        let chunk = blob.manifest.range(of: index)
        guard offset <= chunk.count else {
            throw FederationError(.protocolViolation, "a piece at \(offset) of a chunk of \(chunk.count) bytes")
        }
        let start = chunk.lowerBound + offset
        let left = chunk.upperBound - start
        return try blob.source.bytes(in: start..<start + (length == 0 ? left : min(length, left)))
    }
}
