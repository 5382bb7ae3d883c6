public import Foundation

/// A worker's folder of downloaded blobs, with a size limit: those used least recently go first.
///
/// Processes may share the folder. A blob that one of them holds is not deleted by another; both may download the same
/// blob at once, and the later one replaces equal contents.
public final class BlobCache: Sendable {
    private let folder: BlobFolder
    private let limit: Int
    private let fingerprints: FileFingerprints
    private let now: @Sendable () -> Date

    /// Opens a cache, creating its folder.
    ///
    /// - Parameter limit: Bytes that it takes at most.
    /// - Throws: `FederationError.writeFailed` where the folder cannot be created.
    public init(folder: String, limit: Int, now: @escaping @Sendable () -> Date = { Date() }) throws {
        self.folder = try BlobFolder(creating: folder)
        self.limit = limit
        self.now = now
        fingerprints = try FileFingerprints(path: folder + "/fingerprints.sqlite", now: now)
    }

    /// Bytes that it takes now, blobs on their way in included.
    public var byteCount: Int { (folder.entries() + folder.partialEntries()).reduce(0) { $0 + $1.size } }

    /// A blob, kept from deletion as long as the result lives; nil where it is absent.
    ///
    /// A file that was touched since it was verified is read again, and deleted where it is damaged.
    ///
    /// - Parameter rereading: Reads the contents in any case.
    /// - Throws: `FederationError` where the file cannot be read.
    public func blob(_ id: BlobID, rereading: Bool = false) throws -> CachedBlob? {
        let path = folder.path(of: id)
        guard let file = try? OpenFile.reading(path) else { return nil }
        guard file.sharedLock(), file.isInPlace else { return nil }
        guard let manifest = folder.manifest(of: id), try isWhole(manifest, path, rereading) else {
            folder.remove(id)
            fingerprints.forget(path)
            return nil
        }
        touch(id)
        return CachedBlob(try Blob(manifest: manifest, source: try FileSource(file)), file)
    }

    /// A receipt of a blob that is to be downloaded; it goes on where a former process has stopped. Room is made first.
    ///
    /// - Throws: `FederationError.writeFailed` where the blobs in use leave no room.
    public func receive(_ manifest: BlobManifest) throws -> BlobReceipt {
        let (partial, present) = try PartialBlob.open(manifest, in: folder)
        do {
            try makeRoom(for: manifest)
        } catch {
            partial.discard()
            throw error
        }
        return BlobReceipt(manifest, into: partial, present: present)
    }

    /// Gives a complete download its name in the cache.
    ///
    /// - Throws: What `BlobReceipt.finish` throws.
    public func finish(_ receipt: BlobReceipt) throws -> CachedBlob? {
        _ = try receipt.finish()
        fingerprints.remember(receipt.manifest, of: folder.path(of: receipt.manifest.id))
        return try blob(receipt.manifest.id)
    }

    private func isWhole(_ manifest: BlobManifest, _ path: String, _ rereading: Bool) throws -> Bool {
        if rereading { fingerprints.forget(path) }
        return try fingerprints.manifest(of: path, chunkSize: manifest.chunkSize) == manifest
    }

    /// The time of last use is that of the manifest's file, so that the contents' own time tells of changes.
    private func touch(_ id: BlobID) {
        try? FileManager.default.setAttributes(
            [.modificationDate: now()], ofItemAtPath: folder.manifestPath(of: id))
    }

    /// Deletes what nobody holds, the least recently used first, until the limit is kept.
    private func makeRoom(for manifest: BlobManifest) throws {
        let blobs = folder.entries()
        let partials = folder.partialEntries()
        var excess = (blobs + partials).reduce(0) { $0 + $1.size } - limit
        for entry in (blobs + partials).sorted(by: { $0.lastUsed < $1.lastUsed }) where excess > 0 {
            if evict(entry) { excess -= entry.size }
        }
        guard excess <= 0 else {
            throw FederationError(
                .writeFailed,
                "\(folder.contents.path): no room for \(manifest.size) bytes: the cache's limit is \(limit) bytes, and "
                    + "\(excess) more are needed by what is in use: raise the limit")
        }
    }

    private func evict(_ entry: BlobFolder.Entry) -> Bool {
        guard let file = try? OpenFile.reading(entry.path), file.tryExclusiveLock(), file.isInPlace else {
            return false
        }
        unlink(entry.path)
        let isComplete = entry.path == folder.path(of: entry.id)
        unlink(isComplete ? folder.manifestPath(of: entry.id) : PartialBlob.marksPath(of: entry.path))
        fingerprints.forget(entry.path)
        return true
    }
}

/// A blob of a cache, which no process deletes while this lives.
public final class CachedBlob: Sendable {
    /// The blob.
    public let blob: Blob
    private let file: OpenFile  // holds the lock

    init(_ blob: Blob, _ file: OpenFile) {
        self.blob = blob
        self.file = file
    }

    /// Where its contents lie, to be read only.
    public var path: String { file.path }
}
