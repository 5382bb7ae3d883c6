import Foundation
import Synchronization
import Tensors

/// Fetches and sends blobs, several chunks at a time.
final class BulkClient: Sendable {
    private let link: CoordinatorLink
    private let lines: [CoordinatorLink.Line]
    private let limits: BlobLimits

    /// How often a chunk may arrive damaged.
    private static let attempts = 5

    init(_ link: CoordinatorLink, lines count: Int = 3, limits: BlobLimits = BlobLimits(size: 1 << 46)) {
        self.link = link
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
        let id = receipt.manifest.id
        try transfer(receipt.missing) { index, line in
            var request = WireRequest()
            request.getChunk.blob = id.bytes
            request.getChunk.index = UInt32(index)
            _ = try receipt.put(try ask(request, on: line).payload, at: index)
        }
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
        var request = WireRequest()
        request.putChunk.blob = blob.id.bytes
        request.putChunk.index = UInt32(index)
        let reply = try ask(request, payload: try blob.chunk(index), on: line).reply
        guard case .uploadState = reply.kind else { throw Self.surprise }
    }

    /// Asks on a line; a problem becomes an error, but for `busy`.
    private func ask(
        _ request: WireRequest, payload: Data = Data(), on line: CoordinatorLink.Line
    ) throws -> (reply: WireReply, payload: Data) {
        let answer = try link.ask(request, payload: payload, on: line)
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
