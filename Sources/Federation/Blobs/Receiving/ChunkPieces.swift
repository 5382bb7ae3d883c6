import Foundation

/// Chunks of an upload that arrive in pieces, each chunk's in order.
///
/// What has arrived of a chunk is checked when the chunk is whole. A piece that comes again changes nothing. As many chunks
/// are under way as a worker has connections, which bounds the memory beside the upload's own.
struct ChunkPieces: Sendable {
    /// Chunks under way at once; the one that was begun first makes room.
    static let mostChunks = 4

    private struct Part: Sendable {
        let index: Int
        var bytes: Data
    }

    private var parts: [Part] = []

    /// Bytes that are held.
    var byteCount: Int { parts.reduce(0) { $0 + $1.bytes.count } }

    /// Adds a piece.
    ///
    /// - Parameters:
    ///   - offset: where in the chunk it begins: at most where the last one ended.
    ///   - index: the chunk.
    ///   - size: bytes of the whole chunk.
    /// - Returns: the chunk, once it is whole.
    /// - Throws: `FederationError.protocolViolation` for a piece that is too long, or whose predecessor is not here: the
    ///   chunk is to be begun again.
    mutating func add(_ piece: Data, at offset: Int, of index: Int, size: Int) throws -> Data? {
        guard offset >= 0, piece.count > 0, offset <= size, piece.count <= size - offset else {
            throw FederationError(
                .protocolViolation, "a piece of \(piece.count) bytes at \(offset) of a chunk of \(size) bytes")
        }
        if offset == 0 { begin(index, size) }
        guard let place = parts.firstIndex(where: { $0.index == index }), offset <= parts[place].bytes.count else {
            throw FederationError(
                .protocolViolation, "what comes before the piece at \(offset) is not here: begin the chunk again")
        }
        let known = parts[place].bytes.count - offset
        if known < piece.count { parts[place].bytes.append(piece.dropFirst(known)) }
        guard parts[place].bytes.count == size else { return nil }
        return parts.remove(at: place).bytes
    }

    private mutating func begin(_ index: Int, _ size: Int) {
        guard !parts.contains(where: { $0.index == index }) else { return }
        if parts.count >= Self.mostChunks { parts.removeFirst() }
        parts.append(Part(index: index, bytes: Data(capacity: size)))
    }
}
