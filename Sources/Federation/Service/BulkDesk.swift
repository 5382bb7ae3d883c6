import Foundation
import Transports

/// Answers what the bulk endpoint is asked: blobs out, updates in.
struct BulkDesk: Sendable {
    let shelf: BlobShelf
    /// Where updates are put together.
    let inbox: BlobInbox
    /// What a manifest may claim.
    let limits: BlobLimits

    func answer(
        _ request: WireRequest, _ payload: Data, from worker: WorkerID, now: Duration
    ) -> (reply: WireReply, payload: Data) {
        do {
            switch request.kind {
            case .getManifest(let get):
                var reply = WireReply()
                reply.manifest.encoded = try shelf.blob(BlobID(bytes: get.blob)).manifest.encoded
                return (reply, Data())
            case .getChunk(let get): return try chunk(get)
            case .beginUpload(let begin): return (try self.begin(begin, worker, now), Data())
            case .putChunk(let put): return (try store(put, payload, now), Data())
            default: return (.problem(.malformed, "not a request for the bulk endpoint"), Data())
            }
        } catch let error as FederationError {
            return (.problem(error.code == .notFound ? .gone : .malformed, error.message), Data())
        } catch {
            return (.problem(.busy, "\(error)"), Data())
        }
    }

    private func chunk(_ get: WireGetChunk) throws -> (WireReply, Data) {
        let bytes = try shelf.piece(
            Int(get.index), of: BlobID(bytes: get.blob), offset: Int(get.offset), length: Int(get.length))
        var reply = WireReply()
        reply.chunk.index = get.index
        return (reply, bytes)
    }

    private func begin(_ begin: WireBeginUpload, _ worker: WorkerID, _ now: Duration) throws -> WireReply {
        let manifest = try BlobManifest(decoding: begin.manifest, limits: limits)
        guard let receipt = try inbox.begin(manifest, from: worker.description, now: now) else {
            return .problem(.busy, "no room for \(manifest.size) bytes at the moment")
        }
        return state(missing: receipt.missing)
    }

    private func store(_ put: WirePutChunk, _ payload: Data, _ now: Duration) throws -> WireReply {
        let outcome = try inbox.put(
            payload, at: Int(put.index), offset: Int(put.offset), of: BlobID(bytes: put.blob), now: now)
        var reply = WireReply()
        reply.uploadState.complete = outcome == .completed
        return reply
    }

    private func state(missing: ChunkSet) -> WireReply {
        var reply = WireReply()
        reply.uploadState.missing = missing.encoded
        reply.uploadState.complete = missing.count == 0
        return reply
    }
}
