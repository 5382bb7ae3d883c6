public import Foundation
public import Tensors

/// Contents with their manifest: what can be downloaded, or has been received and verified.
public struct Blob: Sendable {
    /// The name, and the digests of the chunks.
    public let manifest: BlobManifest
    /// The contents.
    public let source: any BlobSource

    /// Joins contents with a manifest that is known to be theirs.
    ///
    /// - Throws: `FederationError.corruptState` where already the sizes differ.
    public init(manifest: BlobManifest, source: any BlobSource) throws {
        guard manifest.size == source.size else {
            throw FederationError(
                .corruptState,
                "blob \(manifest.id.shortText) has \(manifest.size) bytes, its contents have \(source.size)")
        }
        self.manifest = manifest
        self.source = source
    }

    /// Makes the manifest of a source.
    ///
    /// - Throws: What reading the source throws.
    public init(
        _ source: any BlobSource, chunkSize: Int = BlobManifest.defaultChunkSize, threads: Int = 1
    ) throws {
        manifest = try BlobManifest(of: source, chunkSize: chunkSize, threads: threads)
        self.source = source
    }

    /// The safetensors bytes of named tensors, read where the tensors lie; see `StateDictSource`.
    ///
    /// - Throws: What encoding the header throws.
    public init(_ state: StateDict, chunkSize: Int = BlobManifest.defaultChunkSize, threads: Int = 1) throws {
        try self.init(StateDictSource(state), chunkSize: chunkSize, threads: threads)
    }

    /// The name.
    public var id: BlobID { manifest.id }
    /// Number of bytes.
    public var size: Int { manifest.size }

    /// The bytes of one chunk.
    ///
    /// - Throws: `FederationError.protocolViolation` where there is no such chunk, and what reading the source throws.
    public func chunk(_ index: Int) throws -> Data {
        try manifest.check(index)
        return try source.bytes(in: manifest.range(of: index))
    }

    /// All bytes.
    ///
    /// - Throws: What reading the source throws.
    public func bytes() throws -> Data { try source.bytes(in: 0..<size) }
}
