import Foundation

/// A folder of content-addressed files.
///
/// `blobs/ab/cdef…` holds the contents of the blob whose name is `abcdef…`, and `blobs/ab/cdef….manifest` its manifest.
/// Both are made elsewhere (`partial/`) and renamed when they are complete, the contents last: what lies under its final
/// name is whole. Several processes may use one folder at once.
struct BlobFolder: Sendable {
    static let manifestSuffix = ".manifest"

    let contents: Folder
    let partials: Folder

    /// Creates the folders where they do not exist.
    init(creating root: String) throws {
        contents = try Folder(creating: Self.contentsPath(root))
        partials = try Folder(creating: Self.partialsPath(root))
    }

    /// The folders as they are, for reading.
    init(reading root: String) {
        contents = Folder(Self.contentsPath(root))
        partials = Folder(Self.partialsPath(root))
    }

    private static func contentsPath(_ root: String) -> String { root + "/blobs" }
    private static func partialsPath(_ root: String) -> String { root + "/partial" }

    func path(of id: BlobID) -> String {
        let text = id.text
        return "\(contents.path)/\(text.prefix(2))/\(text.dropFirst(2))"
    }

    func manifestPath(of id: BlobID) -> String { path(of: id) + Self.manifestSuffix }

    /// The manifest of a blob that lies here, or nil without one that is its own.
    func manifest(of id: BlobID) -> BlobManifest? {
        guard let data = FileManager.default.contents(atPath: manifestPath(of: id)),
            let manifest = try? BlobManifest(decoding: data, limits: .format), manifest.id == id
        else { return nil }
        return manifest
    }

    /// A blob that lies here, or nil. Its contents are not read again.
    func blob(_ id: BlobID) -> Blob? {
        guard let manifest = manifest(of: id), let source = try? FileSource(path: path(of: id)) else { return nil }
        return try? Blob(manifest: manifest, source: source)
    }

    /// Writes a blob unless it lies here already, complete or not at all.
    ///
    /// - Throws: `FederationError.writeFailed`, and what reading the source throws.
    func store(_ blob: Blob) throws {
        guard self.blob(blob.id) == nil else { return }
        let path = temporaryPath()
        let file = try OpenFile.writing(path)
        defer { unlink(path) }
        var position = 0
        try blob.source.visit(0..<blob.size) { piece in
            try file.write(piece, at: position)
            position += piece.count
        }
        try file.synchronize()
        try place(path, as: blob.manifest)
    }

    /// Gives a complete, synchronized file its final name.
    func place(_ path: String, as manifest: BlobManifest) throws {
        let folder = try self.folder(of: manifest.id)
        let temporary = temporaryPath()
        defer { unlink(temporary) }
        let file = try OpenFile.writing(temporary)
        try manifest.encoded.withUnsafeBytes { try file.write($0, at: 0) }
        try file.synchronize()
        try rename(temporary, to: manifestPath(of: manifest.id))
        try rename(path, to: self.path(of: manifest.id))
        try folder.synchronize()
    }

    func remove(_ id: BlobID) {
        unlink(path(of: id))
        unlink(manifestPath(of: id))
    }

    private func folder(of id: BlobID) throws -> Folder {
        let path = "\(contents.path)/\(id.text.prefix(2))"
        let isNew = FileStatus(path: path) == nil
        let folder = try Folder(creating: path)
        if isNew { try contents.synchronize() }
        return folder
    }

    /// A name that nothing has: `UUID()` repeats itself where no descriptor is left to read randomness by.
    private func temporaryPath() -> String { "\(partials.path)/\(UInt64.random(in: 0...(.max))).new" }

    private func rename(_ path: String, to final: String) throws {
        guard Foundation.rename(path, final) == 0 else { throw OpenFile.failure(final) }
    }
}
