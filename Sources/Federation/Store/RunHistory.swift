import Foundation
import GRDB

/// What a store holds of one run, for reading; a coordinator may be writing it meanwhile.
public struct RunHistory: Sendable {
    private let database: RunDatabase
    private let files: BlobFolder
    private let key: Int64  // the run's row

    init(_ database: RunDatabase, files: BlobFolder, key: Int64) {
        self.database = database
        self.files = files
        self.key = key
    }

    /// The run itself.
    ///
    /// - Throws: `FederationError.corruptState` for rows that cannot be read, as all of these.
    public func run() throws -> RunRecord {
        guard let run = try rows("SELECT * FROM runs WHERE id = ?").first else {
            throw FederationError(.notFound, "\(database.path): the run is gone")
        }
        return try RunRecord(run)
    }

    /// The last `limit` rounds, oldest first.
    public func rounds(limit: Int = .max) throws -> [RoundRecord] {
        try rows("SELECT * FROM rounds WHERE run = ? ORDER BY number DESC LIMIT ?", limit).reversed()
            .map(RoundRecord.init)
    }

    /// The last committed round, if any.
    public func lastCommitted() throws -> RoundRecord? {
        let sql = "SELECT * FROM rounds WHERE run = ? AND state = 'committed' ORDER BY number DESC LIMIT 1"
        return try rows(sql).first.map(RoundRecord.init)
    }

    /// Every worker that has joined, in the order of joining.
    public func workers() throws -> [WorkerRecord] {
        try rows("SELECT * FROM workers WHERE run = ? ORDER BY firstSeen, fingerprint").map(WorkerRecord.init)
    }

    /// The worker of a fingerprint.
    public func worker(_ fingerprint: String) throws -> WorkerRecord? {
        try rows("SELECT * FROM workers WHERE run = ? AND fingerprint = ?", fingerprint).first
            .map(WorkerRecord.init)
    }

    /// The snapshots that are kept, oldest first.
    public func snapshots() throws -> [SnapshotRecord] {
        var snapshots: [SnapshotRecord] = []
        for row in try rows("SELECT * FROM snapshots WHERE run = ? ORDER BY round") {
            let round: Int = try row.value("round")
            if snapshots.last?.round != round { snapshots.append(SnapshotRecord(round: round, blobs: [:])) }
            snapshots[snapshots.count - 1].blobs[try row.value("name")] = try row.blobID("blob")
        }
        return snapshots
    }

    /// The last `limit` steps' figures, oldest first.
    public func steps(limit: Int = .max) throws -> [StepRecord] {
        try rows("SELECT * FROM steps WHERE run = ? ORDER BY step DESC LIMIT ?", limit).reversed()
            .map(StepRecord.init)
    }

    /// The ledger, oldest entry first.
    public func ledger() throws -> [LedgerEntry] {
        try rows("SELECT * FROM ledger WHERE run = ? ORDER BY id").map(LedgerEntry.init)
    }

    /// Number of workers that have ever joined.
    public func workerCount() throws -> Int {
        try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM workers WHERE run = ?", arguments: [key]) }
            ?? 0
    }

    /// A part of a snapshot. Its contents are read and verified now.
    ///
    /// - Throws: `FederationError.corruptState` where its file is missing or damaged.
    public func blob(_ id: BlobID) throws -> Blob {
        let path = files.path(of: id)
        guard let blob = files.blob(id) else {
            throw FederationError(.corruptState, "\(path), a part of a snapshot, is missing: restore it from a copy")
        }
        guard try BlobManifest(of: blob.source, chunkSize: blob.manifest.chunkSize).id == id else {
            throw FederationError(.corruptState, "\(path), a part of a snapshot, is damaged: restore it from a copy")
        }
        return blob
    }

    func hasTable(_ name: String) throws -> Bool { try database.read { try $0.tableExists(name) } }

    func rows(_ sql: String, _ arguments: any DatabaseValueConvertible...) throws -> [Row] {
        try database.read { try Row.fetchAll($0, sql: sql, arguments: [key] + StatementArguments(arguments)) }
    }
}
