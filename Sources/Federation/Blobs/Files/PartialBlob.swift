import Foundation

/// A blob put together in a file of a folder's `partial/`, which gets its final name when it is complete.
///
/// Beside it lies a file of marks, a byte a chunk, written after the chunk. A process that is started again opens both
/// and goes on; chunks that are marked are read again, since marks may have reached the disk before contents. Each
/// process that receives the blob locks a file of its own.
final class PartialBlob: ChunkDestination {
    static let suffix = ".blob"
    private static let marksSuffix = ".marks"
    private static let slots = 16

    private let manifest: BlobManifest
    private let folder: BlobFolder
    private let contents: OpenFile
    private let marks: OpenFile

    /// Opens the file that a former process has left, or a new one.
    ///
    /// - Returns: The file, and the chunks that it holds.
    /// - Throws: `FederationError.writeFailed` where it cannot be created.
    static func open(_ manifest: BlobManifest, in folder: BlobFolder) throws -> (PartialBlob, ChunkSet) {
        let contents = try lockedFile(manifest.id, folder)
        let partial = PartialBlob(manifest, folder, contents, try OpenFile.writing(marksPath(of: contents.path)))
        return (partial, try partial.resume())
    }

    private init(_ manifest: BlobManifest, _ folder: BlobFolder, _ contents: OpenFile, _ marks: OpenFile) {
        self.manifest = manifest
        self.folder = folder
        self.contents = contents
        self.marks = marks
    }

    func write(_ chunk: UnsafeRawBufferPointer, index: Int, offset: Int) throws {
        try contents.write(chunk, at: offset)
        try withUnsafeBytes(of: UInt8(1)) { try marks.write($0, at: index) }
    }

    func finish() throws -> any BlobSource {
        try contents.synchronize()
        try folder.place(contents.path, as: manifest)
        unlink(marks.path)
        contents.unlock()
        return try FileSource(path: folder.path(of: manifest.id))
    }

    func discard() {
        unlink(marks.path)
        unlink(contents.path)
        contents.unlock()
    }

    /// The marks' path beside a partial blob's.
    static func marksPath(of path: String) -> String { String(path.dropLast(suffix.count)) + marksSuffix }

    /// The first file of this blob that no other receipt holds.
    private static func lockedFile(_ id: BlobID, _ folder: BlobFolder) throws -> OpenFile {
        for slot in 0..<slots {
            let file = try OpenFile.writing("\(folder.partials.path)/\(id.text).\(slot)\(suffix)")
            // Its former owner may have finished or deleted it between opening and locking.
            if file.tryExclusiveLock(), file.isInPlace { return file }
        }
        throw FederationError(
            .writeFailed, "\(folder.partials.path): blob \(id.shortText) is being received \(slots) times already")
    }

    private func resume() throws -> ChunkSet {
        var present = ChunkSet(chunkCount: manifest.chunkCount)
        if try contents.status().size == manifest.size, try marks.status().size <= manifest.chunkCount {
            let source = try FileSource(contents)
            for index in try markedChunks() where try isWhole(index, source) { present.insert(index) }
        }
        try rewriteMarks(present)
        if present.count == 0 { try contents.truncate(to: 0) }
        try contents.truncate(to: manifest.size)
        return present
    }

    private func markedChunks() throws -> [Int] {
        let source = try FileSource(marks)
        return try source.bytes(in: 0..<source.size).enumerated().filter { $0.element == 1 }.map(\.offset)
    }

    private func isWhole(_ index: Int, _ source: FileSource) throws -> Bool {
        let digest = try ContentDigest { update in try source.visit(manifest.range(of: index), update) }
        return digest == manifest.chunkDigests[index]
    }

    private func rewriteMarks(_ present: ChunkSet) throws {
        try marks.truncate(to: 0)
        try Data((0..<present.chunkCount).map { present.contains($0) ? 1 : 0 }).withUnsafeBytes {
            try marks.write($0, at: 0)
        }
    }
}
