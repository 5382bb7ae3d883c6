public import Foundation
import Synchronization

/// A blob on its way in: takes its chunks in any order and from any thread, and keeps only those whose digest is the
/// manifest's.
public final class BlobReceipt: Sendable {
    /// What became of a chunk.
    public enum Outcome: Sendable, Equatable {
        /// It is new, and others are missing.
        case stored
        /// It was there already, or another thread is storing it.
        case duplicate
        /// It was the last; exactly one chunk gets this answer.
        case completed
    }

    private struct State {
        var claimed: ChunkSet  // stored, or being stored by a thread
        var stored: ChunkSet
        var problem: FederationError?
    }

    /// What is expected.
    public let manifest: BlobManifest
    private let destination: any ChunkDestination
    private let state: Mutex<State>
    private let finished = Mutex<Blob?>(nil)

    /// Creates a receipt of a blob of which some chunks may be there already.
    init(_ manifest: BlobManifest, into destination: any ChunkDestination, present: ChunkSet? = nil) {
        self.manifest = manifest
        self.destination = destination
        let present = present ?? ChunkSet(chunkCount: manifest.chunkCount)
        state = Mutex(State(claimed: present, stored: present))
    }

    /// Creates a receipt in memory, without a budget: for a blob that this side asked for. See `BlobInbox` for what
    /// others send unasked.
    ///
    /// - Throws: `FederationError.closed` where the system has no memory.
    public convenience init(inMemory manifest: BlobManifest) throws {
        self.init(manifest, into: try MemoryAssembly(byteCount: manifest.size))
    }

    /// The chunks that have not been stored yet.
    public var missing: ChunkSet { state.withLock { $0.stored }.complement }

    /// Whether every chunk is stored.
    public var isComplete: Bool { state.withLock { $0.stored.count == manifest.chunkCount } }

    /// Verifies a chunk and stores it.
    ///
    /// - Throws: `FederationError.protocolViolation` for a chunk that is not the manifest's, which may be sent again;
    ///   `.writeFailed` where it cannot be stored, and `.closed` after `cancel`: then nothing more is taken.
    public func put(_ chunk: Data, at index: Int) throws -> Outcome {
        try manifest.check(index)
        guard try isWanted(index) else { return .duplicate }
        return try chunk.withUnsafeBytes { bytes in
            try manifest.verify(bytes, at: index)
            guard try claim(index) else { return .duplicate }
            try store(bytes, at: index)
            return settle(index)
        }
    }

    /// The verified contents; the same at every call.
    ///
    /// - Throws: `FederationError.protocolViolation` while chunks are missing, `.writeFailed` where the file cannot get
    ///   its final name, `.closed` after `cancel`.
    public func finish() throws -> Blob {
        if let problem = state.withLock({ $0.problem }) { throw problem }
        let count = missing.count
        guard count == 0 else {
            throw FederationError(.protocolViolation, "blob \(manifest.id.shortText) still misses \(count) chunks")
        }
        return try finished.withLock { finished in
            if let finished { return finished }
            let blob = try Blob(manifest: manifest, source: try destination.finish())
            finished = blob
            return blob
        }
    }

    /// Gives the blob up unless it is finished: chunks that still come are refused, and what was stored is deleted.
    public func cancel() {
        finished.withLock { finished in
            guard finished == nil else { return }
            stop(FederationError(.closed, "blob \(manifest.id.shortText) is not received any more: begin again"))
            destination.discard()
        }
    }

    private func isWanted(_ index: Int) throws -> Bool {
        try state.withLock { state in
            if let problem = state.problem { throw problem }
            return !state.stored.contains(index)
        }
    }

    private func claim(_ index: Int) throws -> Bool {
        try state.withLock { state in
            if let problem = state.problem { throw problem }
            return state.claimed.insert(index)
        }
    }

    private func store(_ bytes: UnsafeRawBufferPointer, at index: Int) throws {
        do {
            try destination.write(bytes, index: index, offset: manifest.range(of: index).lowerBound)
        } catch {
            let problem = error as? FederationError ?? FederationError(.writeFailed, "a chunk is lost", cause: error)
            stop(problem)
            throw problem
        }
    }

    private func settle(_ index: Int) -> Outcome {
        state.withLock { state in
            state.stored.insert(index)
            return state.stored.count == manifest.chunkCount ? .completed : .stored
        }
    }

    private func stop(_ problem: FederationError) {
        state.withLock { $0.problem = $0.problem ?? problem }
    }
}
