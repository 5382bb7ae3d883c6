public import Foundation
import Synchronization

/// Blobs that others send, put together in memory within bounds: room is reserved before it is taken, and uploads that
/// nobody goes on with, or that take far too long, are given up. Threads may use it at once.
public final class BlobInbox: Sendable {
    /// What all uploads together, and each sender, may take.
    public struct Limits: Sendable {
        /// Bytes of memory, of blobs that are received or have been handed over and are still in use.
        public var memory: Int
        /// Bytes of one sender's unfinished blobs: at most a half of `memory`, so that others have room beside it.
        public var sender: Int
        /// Unfinished blobs.
        public var count: Int
        /// An upload without a chunk for this long is given up.
        public var idleTime: Duration
        /// Bytes a second: an upload that takes four times `idleTime` longer than it would at this rate is given up,
        /// however busy it looks.
        public var leastRate: Int

        /// Bytes a second that an upload takes at least, unless something else is said.
        public static let leastRate = 32 << 10

        /// Creates limits.
        public init(
            memory: Int, sender: Int, count: Int = 4096, idleTime: Duration = .seconds(120),
            leastRate: Int = Self.leastRate
        ) {
            self.memory = memory
            self.sender = sender
            self.count = count
            self.idleTime = idleTime
            self.leastRate = leastRate
        }

        /// How long an upload may take in all.
        func time(for size: Int) -> Duration {
            idleTime * 4 + .seconds(Double(size) / Double(max(1, leastRate)))
        }
    }

    private let limits: Limits
    private let memory: ByteBudget
    private let uploads = Mutex(Uploads())

    /// Creates an empty inbox.
    public init(limits: Limits) {
        self.limits = limits
        memory = ByteBudget(limit: limits.memory)
    }

    /// Bytes of memory that are reserved now.
    public var memoryInUse: Int { memory.used }

    /// Begins an upload, or goes on with it.
    ///
    /// - Returns: Its receipt, or nil while there is no room: the sender is to ask again later.
    /// - Throws: `FederationError.invalidUpdate` for a blob that is too large at any time, `.closed` where the system has
    ///   no memory.
    public func begin(_ manifest: BlobManifest, from sender: String, now: Duration) throws -> BlobReceipt? {
        let limit = min(limits.sender, limits.memory)
        guard manifest.size <= limit else {
            throw FederationError(
                .invalidUpdate, "a blob of \(manifest.size) bytes cannot be sent, the limit is \(limit) bytes")
        }
        evictIdle(now: now)
        let admission = uploads.withLock {
            $0.admit(manifest, from: sender, budget: memory, limits: limits, now: now)
        }
        switch admission {
        case .goOn(let receipt): return receipt
        case .refuse: return nil
        case .open(let reservation): return try open(manifest, reservation)
        }
    }

    /// Stores a chunk of an upload.
    ///
    /// - Throws: `FederationError.notFound` for an upload that was not begun or has been given up, and what
    ///   `BlobReceipt.put` throws.
    public func put(_ chunk: Data, at index: Int, of id: BlobID, now: Duration) throws -> BlobReceipt.Outcome {
        let outcome = try receipt(id, now).put(chunk, at: index)
        if outcome != .duplicate { uploads.withLock { $0.noteProgress(of: id, now) } }
        return outcome
    }

    /// Stores a piece of a chunk, or a whole one; the pieces of a chunk come in order.
    ///
    /// - Parameter offset: where in the chunk the piece begins.
    /// - Throws: `FederationError.protocolViolation` where a chunk has to be begun again, and what `put` throws.
    func put(_ piece: Data, at index: Int, offset: Int, of id: BlobID, now: Duration) throws -> BlobReceipt.Outcome {
        let receipt = try receipt(id, now)
        try receipt.manifest.check(index)
        let size = receipt.manifest.range(of: index).count
        if offset == 0, piece.count >= size { return try put(piece, at: index, of: id, now: now) }
        let whole = try uploads.withLock { uploads in
            defer { uploads.noteProgress(of: id, now) }
            return try uploads.add(piece, at: offset, of: index, size: size, to: id)
        }
        return try whole.map { try receipt.put($0, at: index) } ?? .stored
    }

    /// The chunks that an upload still misses.
    ///
    /// - Throws: `FederationError.notFound` for an upload that was not begun or has been given up.
    public func missing(of id: BlobID, now: Duration) throws -> ChunkSet { try receipt(id, now).missing }

    /// Hands a complete blob over. Its memory counts until the blob is released.
    ///
    /// - Throws: `FederationError.notFound` for an upload that was not begun, `.protocolViolation` for one that is not
    ///   complete.
    public func take(_ id: BlobID, now: Duration) throws -> Blob {
        let blob = try receipt(id, now).finish()
        _ = uploads.withLock { $0.remove(id) }
        return blob
    }

    /// The senders of whose uploads something has come since a time.
    func senders(since time: Duration) -> Set<String> { uploads.withLock { $0.senders(since: time) } }

    /// Gives an upload up.
    public func discard(_ id: BlobID) { uploads.withLock { $0.remove(id) }?.receipt?.cancel() }

    /// Gives an upload up, unless it is another sender's.
    public func discard(_ id: BlobID, from sender: String) {
        guard uploads.withLock({ $0.active[id]?.sender }) == sender else { return }
        discard(id)
    }

    /// Gives up all uploads of a sender.
    public func discardAll(from sender: String) {
        for id in uploads.withLock({ $0.active.filter { $0.value.sender == sender }.keys }) { discard(id) }
    }

    /// Gives up the uploads that have had no chunk for the idle time, and those that have taken too long in all.
    public func evictIdle(now: Duration) {
        for upload in uploads.withLock({ $0.removeIdle(at: now, limits) }) { upload.receipt?.cancel() }
    }

    /// Opens what has been admitted, outside the lock.
    private func open(_ manifest: BlobManifest, _ reservation: ByteBudget.Reservation) throws -> BlobReceipt? {
        do {
            let assembly = try MemoryAssembly(byteCount: manifest.size, reservation: reservation)
            let receipt = BlobReceipt(manifest, into: assembly)
            if uploads.withLock({ $0.opened(manifest.id, receipt) }) { return receipt }
            receipt.cancel()
            return nil
        } catch {
            _ = uploads.withLock { $0.remove(manifest.id) }
            throw error
        }
    }

    private func receipt(_ id: BlobID, _ now: Duration) throws -> BlobReceipt {
        guard let receipt = uploads.withLock({ $0.touch(id, now) }) else {
            throw FederationError(.notFound, "no upload of blob \(id.shortText) is under way: begin again")
        }
        return receipt
    }
}
