import Foundation
import Synchronization
import Tensors

/// Fetches and sends blobs, several chunks at a time.
final class BulkClient: Sendable {
    private let link: CoordinatorLink
    private let lines: [CoordinatorLink.Line]
    private let limits: BlobLimits
    /// How large pieces are and how long they may take; all lines learn from each other.
    private let pace: Mutex<LinkPace>
    private let throttle: Throttle?

    /// How often a chunk may arrive damaged.
    private static let attempts = 5

    init(
        _ link: CoordinatorLink, lines count: Int = 3, limits: BlobLimits = BlobLimits(size: 1 << 46),
        throttle: Throttle? = nil
    ) {
        self.link = link
        self.throttle = throttle
        pace = Mutex(LinkPace(limit: throttle?.limit))
        lines = (0..<count).map { _ in CoordinatorLink.Line(.bulk) }
        self.limits = limits
    }

    /// Fetches a blob of at most `limit` bytes into memory.
    ///
    /// - Throws: `FederationError.notFound` where it is not offered any more, `.protocolViolation` where it is larger.
    func fetch(_ id: BlobID, limit: Int) throws -> Blob {
        let receipt = try BlobReceipt(inMemory: try manifest(of: id, limits: BlobLimits(size: limit)))
        try fill(receipt)
        return try receipt.finish()
    }

    /// Fetches a blob into a cache, unless it is there.
    func fetch(_ id: BlobID, into cache: BlobCache) throws -> CachedBlob {
        if let cached = try cache.blob(id) { return cached }
        let receipt = try cache.receive(try manifest(of: id, limits: limits))
        try fill(receipt)
        guard let cached = try cache.finish(receipt) else {
            throw FederationError(
                .writeFailed, "blob \(id.shortText) vanished from the cache: is its folder being cleaned?")
        }
        return cached
    }

    /// Sends a blob; what the coordinator has of it already is not sent again.
    func send(_ blob: Blob) throws {
        while true {
            do {
                let missing = try begin(blob)
                try transfer(missing) { index, line in try put(index, of: blob, on: line) }
                return
            } catch let error as FederationError where error.code == .notFound {
                continue  // the coordinator started again, or gave the upload up: begin anew
            }
        }
    }

    private func manifest(of id: BlobID, limits: BlobLimits) throws -> BlobManifest {
        var request = WireRequest()
        request.getManifest.blob = id.bytes
        guard case .manifest(let manifest) = try ask(request, on: lines[0]).reply.kind else { throw Self.surprise }
        let decoded = try BlobManifest(decoding: manifest.encoded, limits: limits)
        guard decoded.id == id else {
            throw FederationError(.protocolViolation, "asked for the manifest of \(id.shortText), got another's")
        }
        return decoded
    }

    private func fill(_ receipt: BlobReceipt) throws {
        try transfer(receipt.missing) { index, line in
            _ = try receipt.put(try chunk(index, of: receipt.manifest, on: line), at: index)
        }
    }

    /// Gets a chunk, in pieces as large as the link bears.
    private func chunk(_ index: Int, of manifest: BlobManifest, on line: CoordinatorLink.Line) throws -> Data {
        let size = manifest.range(of: index).count
        var bytes = Data()
        repeat {
            let count = try pieceSize(of: size, at: bytes.count)
            var request = WireRequest()
            request.getChunk.blob = manifest.id.bytes
            request.getChunk.index = UInt32(index)
            request.getChunk.offset = UInt32(bytes.count)
            request.getChunk.length = count == size ? 0 : UInt32(count)
            let piece = try move(request, expecting: count, on: line).payload
            guard piece.count == count else { throw Self.surprise }
            if count == size { return piece }
            bytes.append(piece)
        } while bytes.count < size
        return bytes
    }

    /// Bytes of the piece that begins at `offset` of a chunk: all of it where the coordinator knows no pieces.
    private func pieceSize(of size: Int, at offset: Int) throws -> Int {
        guard try link.welcome().takesPieces else { return size }
        return min(size - offset, pace.withLock { $0.pieceSize })
    }

    /// Asks for what has a size, at the link's pace.
    private func move(
        _ request: WireRequest, payload: Data = Data(), expecting count: Int, on line: CoordinatorLink.Line
    ) throws -> (reply: WireReply, payload: Data) {
        throttle?.pass(count)
        let longest = max(LinkPace.unknownPatience, .milliseconds(Int(try link.welcome().patienceMs)))
        var begun = ContinuousClock.now
        let answer = try ask(request, payload: payload, on: line) { timedOut in
            begun = .now
            return pace.withLock { pace in
                if timedOut { pace.timedOut() }
                return min(pace.patience(for: count), longest)
            }
        }
        let time = ContinuousClock.now - begun
        pace.withLock { $0.delivered(count, in: time) }
        return answer
    }

    private func begin(_ blob: Blob) throws -> ChunkSet {
        var request = WireRequest()
        request.beginUpload.manifest = blob.manifest.encoded
        while true {
            let reply = try ask(request, on: lines[0]).reply
            if case .uploadState(let state) = reply.kind {
                return try ChunkSet(decoding: state.missing, chunkCount: blob.manifest.chunkCount)
            }
            Thread.sleep(forTimeInterval: 0.05)  // no room at the moment
        }
    }

    private func put(_ index: Int, of blob: Blob, on line: CoordinatorLink.Line) throws {
        let bytes = try blob.chunk(index)
        var offset = 0
        repeat {
            let count = try pieceSize(of: bytes.count, at: offset)
            var request = WireRequest()
            request.putChunk.blob = blob.id.bytes
            request.putChunk.index = UInt32(index)
            request.putChunk.offset = UInt32(offset)
            let piece = bytes.dropFirst(offset).prefix(count)
            let reply = try move(request, payload: Data(piece), expecting: count, on: line).reply
            guard case .uploadState = reply.kind else { throw Self.surprise }
            offset += count
        } while offset < bytes.count
    }

    /// Asks on a line; a problem becomes an error, but for `busy`.
    private func ask(
        _ request: WireRequest, payload: Data = Data(), on line: CoordinatorLink.Line,
        patience: CoordinatorLink.Patience = { _ in CoordinatorLink.patience }
    ) throws -> (reply: WireReply, payload: Data) {
        let answer = try link.ask(request, payload: payload, on: line, patience: patience)
        guard case .problem(let problem) = answer.reply.kind, problem.code != .busy else { return answer }
        throw FederationError(problem.code == .gone ? .notFound : .protocolViolation, problem.reason)
    }

    private static let surprise = FederationError(
        .protocolViolation, "the coordinator's answer is not what was asked for: run the same release at both ends")

    /// Moves chunks over all lines at once; one that arrives damaged is moved again.
    private func transfer(
        _ chunks: ChunkSet, _ move: @Sendable (Int, CoordinatorLink.Line) throws -> Void
    ) throws {
        let queue = Mutex(Array(chunks.indices.reversed()))
        let failure = Mutex<(any Error)?>(nil)
        let count = min(lines.count, chunks.count)
        guard count > 0 else { return }
        DispatchQueue.concurrentPerform(iterations: count) { line in
            while failure.withLock({ $0 == nil }), let index = queue.withLock({ $0.popLast() }) {
                do {
                    try Self.retrying { try move(index, lines[line]) }
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private static func retrying(_ body: () throws -> Void) throws {
        for attempt in 1...attempts {
            do {
                return try body()
            } catch let error as FederationError where error.code == .protocolViolation && attempt < attempts {
                continue
            }
        }
    }
}
