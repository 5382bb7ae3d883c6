public import Foundation
import GRDB
public import Tensors

/// Remembers the manifests of local files by path, size, time of change and inode, so that a model of many gigabytes is
/// hashed once.
///
/// Kept in a small SQLite file that processes may share. It only saves time: one that is damaged is begun anew.
public final class FileFingerprints: Sendable {
    /// A file changed this recently may be changed again within the resolution of its time, so it is not remembered.
    private static let settlingTime = 2.0
    private static let rowLimit = 1000

    private let database: DatabaseQueue
    private let now: @Sendable () -> Date

    /// Opens the memory at a path, creating it and its folder.
    ///
    /// - Throws: `FederationError.writeFailed` where that is impossible.
    public init(path: String, now: @escaping @Sendable () -> Date = { Date() }) throws {
        self.now = now
        _ = try Folder(creating: URL(fileURLWithPath: path).deletingLastPathComponent().path)
        do {
            database = try Self.open(path)
        } catch {
            for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
            do {
                database = try Self.open(path)
            } catch {
                throw FederationError(.writeFailed, "\(path): cannot be opened or begun anew", cause: error)
            }
        }
    }

    /// The manifest of a file, from memory where the file has not been touched, else by reading it.
    ///
    /// - Throws: `FederationError.notFound` where there is no such file, `.corruptState` where it changes meanwhile.
    public func manifest(
        of path: String, chunkSize: Int = BlobManifest.defaultChunkSize,
        threads: Int = AvailableCores.count
    ) throws -> BlobManifest {
        let file = try OpenFile.reading(path)
        let status = try file.status()
        if let known = remembered(path, status, chunkSize) { return known }
        let manifest = try BlobManifest(of: try FileSource(file), chunkSize: chunkSize, threads: threads)
        guard try file.status() == status else {
            throw FederationError(.corruptState, "\(path) was changed while it was read: try again when it is complete")
        }
        if Double(status.modified) / 1e9 < now().timeIntervalSince1970 - Self.settlingTime {
            save(manifest, path, status)
        }
        return manifest
    }

    /// Remembers a manifest that is known without reading the file.
    public func remember(_ manifest: BlobManifest, of path: String) {
        guard let status = FileStatus(path: path), status.size == manifest.size else { return }
        save(manifest, path, status)
    }

    /// Forgets a file, so that it is read again.
    public func forget(_ path: String) {
        let key = Self.key(path)
        try? database.write { try $0.execute(sql: "DELETE FROM fingerprints WHERE path = ?", arguments: [key]) }
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(10)
        let database = try DatabaseQueue(path: path, configuration: configuration)
        try database.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS fingerprints (
                        path TEXT NOT NULL, chunkSize INTEGER NOT NULL, size INTEGER NOT NULL, device INTEGER NOT NULL,
                        inode INTEGER NOT NULL, modified INTEGER NOT NULL, manifest BLOB NOT NULL,
                        PRIMARY KEY (path, chunkSize))
                    """)
        }
        return database
    }

    private static func key(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }

    private func remembered(_ path: String, _ status: FileStatus, _ chunkSize: Int) -> BlobManifest? {
        let arguments: StatementArguments = [
            Self.key(path), chunkSize, status.size, Int64(bitPattern: status.device), Int64(bitPattern: status.inode),
            status.modified,
        ]
        let data = try? database.read { database in
            try Data.fetchOne(
                database,
                sql: """
                    SELECT manifest FROM fingerprints
                    WHERE path = ? AND chunkSize = ? AND size = ? AND device = ? AND inode = ? AND modified = ?
                    """, arguments: arguments)
        }
        guard let data, let manifest = try? BlobManifest(decoding: data, limits: .format) else { return nil }
        return manifest.size == status.size && manifest.chunkSize == chunkSize ? manifest : nil
    }

    /// Failing to save costs the next reader time, nothing else.
    private func save(_ manifest: BlobManifest, _ path: String, _ status: FileStatus) {
        let arguments: StatementArguments = [
            Self.key(path), manifest.chunkSize, status.size, Int64(bitPattern: status.device),
            Int64(bitPattern: status.inode), status.modified, manifest.encoded,
        ]
        try? database.write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO fingerprints VALUES (?, ?, ?, ?, ?, ?, ?)", arguments: arguments)
            try database.execute(
                sql: "DELETE FROM fingerprints WHERE rowid <= (SELECT max(rowid) FROM fingerprints) - ?",
                arguments: [Self.rowLimit])
        }
    }
}
