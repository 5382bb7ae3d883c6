public import Foundation
import Synchronization

/// Blobs that others send, within bounds: room is reserved before it is taken, and uploads that nobody goes on with are
/// given up. Threads may use it at once.
public final class BlobInbox: Sendable {
    /// Where a blob is put together.
    public enum Place: Sendable, Equatable {
        /// In memory: for what is needed at once, such as the gradients of a step.
        case memory
        /// In a file of the inbox's folder, which outlives the process: for large updates.
        case file
    }

    /// What all uploads together, and each sender, may take.
    public struct Limits: Sendable {
        /// Bytes of memory, of blobs that are received or have been handed over and are still in use.
        public var memory: Int
        /// Bytes of disk.
        public var disk: Int
        /// Bytes of one sender's unfinished blobs.
        public var sender: Int
        /// Unfinished blobs.
        public var count: Int
        /// An upload without a chunk for this long is given up.
        public var idleTime: Duration

        /// Creates limits.
        public init(memory: Int, disk: Int, sender: Int, count: Int = 4096, idleTime: Duration = .seconds(120)) {
            self.memory = memory
            self.disk = disk
            self.sender = sender
            self.count = count
            self.idleTime = idleTime
        }
    }

    private let limits: Limits
    private let memory: ByteBudget
    private let disk: ByteBudget
    private let folder: BlobFolder
    private let uploads = Mutex(Uploads())

    /// Opens an inbox. Unfinished uploads of a former process may be gone on with, and its finished files are still
    /// there; both count against the limit of disk.
    ///
    /// - Parameter folder: A folder that no other process uses; it is created.
    /// - Throws: `FederationError.writeFailed` where the folder cannot be created.
    public init(folder: String, limits: Limits, now: Duration) throws {
        self.limits = limits
        self.folder = try BlobFolder(creating: folder)
        memory = ByteBudget(limit: limits.memory)
        disk = ByteBudget(limit: limits.disk)
        adoptFiles(now)
    }

    /// Bytes of memory that are reserved now.
    public var memoryInUse: Int { memory.used }
    /// Bytes of disk that are reserved now.
    public var diskInUse: Int { disk.used }

    /// Begins an upload, or goes on with it.
    ///
    /// - Returns: Its receipt, or nil while there is no room: the sender is to ask again later.
    /// - Throws: `FederationError.invalidUpdate` for a blob that is too large at any time, `.writeFailed` where its file
    ///   cannot be created.
    public func begin(
        _ manifest: BlobManifest, in place: Place, from sender: String, now: Duration
    ) throws -> BlobReceipt? {
        try checkSize(manifest, place)
        evictIdle(now: now)
        if let blob = finishedBlob(manifest.id) { return BlobReceipt(finished: blob) }
        let budget = place == .memory ? memory : disk
        let admission = uploads.withLock {
            $0.admit(manifest, from: sender, budget: budget, limits: limits, now: now)
        }
        switch admission {
        case .goOn(let receipt): return receipt
        case .refuse: return nil
        case .open: return try open(manifest, place)
        }
    }

    /// Stores a chunk of an upload.
    ///
    /// - Throws: `FederationError.notFound` for an upload that was not begun or has been given up, and what
    ///   `BlobReceipt.put` throws.
    public func put(_ chunk: Data, at index: Int, of id: BlobID, now: Duration) throws -> BlobReceipt.Outcome {
        try receipt(id, now).put(chunk, at: index)
    }

    /// The chunks that an upload still misses.
    ///
    /// - Throws: `FederationError.notFound` for an upload that was not begun or has been given up.
    public func missing(of id: BlobID, now: Duration) throws -> ChunkSet { try receipt(id, now).missing }

    /// Hands a complete blob over. Its memory counts until the blob is released, its file until `discard`.
    ///
    /// - Throws: `FederationError.notFound` for an upload that was not begun, `.protocolViolation` for one that is not
    ///   complete.
    public func take(_ id: BlobID, now: Duration) throws -> Blob {
        if let blob = finishedBlob(id) { return blob }
        let blob = try receipt(id, now).finish()
        uploads.withLock { $0.finish(id, isFile: blob.source is FileSource) }
        return blob
    }

    /// Gives an upload up, or deletes a finished blob's file.
    public func discard(_ id: BlobID) {
        let (upload, isFinished) = uploads.withLock { ($0.remove(id), $0.removeFinished(id)) }
        if let upload { giveUp(id, upload) }
        if isFinished { folder.remove(id) }
    }

    /// Gives an upload up, or deletes a finished blob's file, unless the upload is another sender's.
    public func discard(_ id: BlobID, from sender: String) {
        guard uploads.withLock({ $0.active[id]?.sender ?? sender }) == sender else { return }
        discard(id)
    }

    /// Gives up all uploads of a sender.
    public func discardAll(from sender: String) {
        for id in uploads.withLock({ $0.active.filter { $0.value.sender == sender }.keys }) { discard(id) }
    }

    /// Gives up the uploads that have had no chunk for the idle time.
    public func evictIdle(now: Duration) {
        let idle = uploads.withLock { $0.removeIdle(since: now - limits.idleTime) }
        for (id, upload) in idle { giveUp(id, upload) }
    }

    private func checkSize(_ manifest: BlobManifest, _ place: Place) throws {
        let limit = min(limits.sender, place == .memory ? limits.memory : limits.disk)
        guard manifest.size <= limit else {
            throw FederationError(
                .invalidUpdate, "a blob of \(manifest.size) bytes cannot be sent, the limit is \(limit) bytes")
        }
    }

    private func finishedBlob(_ id: BlobID) -> Blob? {
        uploads.withLock { $0.isFinished(id) } ? folder.blob(id) : nil
    }

    /// Opens what has been admitted, outside the lock: files may have to be read again.
    private func open(_ manifest: BlobManifest, _ place: Place) throws -> BlobReceipt? {
        do {
            let receipt = try self.receipt(manifest, place)
            if uploads.withLock({ $0.opened(manifest.id, receipt) }) { return receipt }
            receipt.cancel()
            return nil
        } catch {
            _ = uploads.withLock { $0.remove(manifest.id) }
            throw error
        }
    }

    private func receipt(_ manifest: BlobManifest, _ place: Place) throws -> BlobReceipt {
        switch place {
        case .memory:
            let reservation = uploads.withLock { $0.active[manifest.id]?.reservation }
            return BlobReceipt(
                manifest, into: try MemoryAssembly(byteCount: manifest.size, reservation: reservation))
        case .file:
            let (partial, present) = try PartialBlob.open(manifest, in: folder)
            return BlobReceipt(manifest, into: partial, present: present)
        }
    }

    private func receipt(_ id: BlobID, _ now: Duration) throws -> BlobReceipt {
        guard let receipt = uploads.withLock({ $0.touch(id, now) }) else {
            throw FederationError(.notFound, "no upload of blob \(id.shortText) is under way: begin again")
        }
        return receipt
    }

    private func giveUp(_ id: BlobID, _ upload: Uploads.Upload) {
        upload.receipt?.cancel()
        if upload.isLeftover { PartialBlob.removeFiles(of: id, in: folder) }
    }

    private func adoptFiles(_ now: Duration) {
        for entry in folder.entries() {
            if let reservation = disk.reserve(entry.size) {
                uploads.withLock { $0.adopt(finished: entry.id, reservation) }
            } else {
                folder.remove(entry.id)
            }
        }
        for entry in folder.partialEntries() {
            if let reservation = disk.reserve(entry.size) {
                uploads.withLock { $0.adopt(partial: entry.id, reservation, now: now) }
            } else {
                PartialBlob.removeFiles(of: entry.id, in: folder)
            }
        }
    }
}
