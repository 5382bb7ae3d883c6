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
}
