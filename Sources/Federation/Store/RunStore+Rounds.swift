public import Foundation
import GRDB
import Synchronization

extension RunStore {
    /// Ends a round: afterwards the run goes on from its snapshot, whatever happens.
    ///
    /// The snapshot's files are written first, then one transaction makes everything true at once; snapshots beyond the
    /// limit go with it, and their files after it.
    ///
    /// - Throws: `FederationError.protocolViolation` unless its number is higher than every committed one, `.writeFailed`
    ///   where it cannot be written: then nothing has changed.
    public func commitRound(_ commit: RoundCommit, now: Date) throws {
        try commits.withLock { _ in
            try atStage(.beforeFiles)
            for (_, blob) in commit.snapshot.sorted(by: { $0.key < $1.key }) {
                try files.store(blob)
                try atStage(.afterFile)
            }
            try atStage(.beforeTransaction)
            let unused = try database.writeDurably { database in
                try write(commit, now, database)
                let unused = try pruneSnapshots(database)
                try atStage(.beforeCommit)
                return unused
            }
            try atStage(.afterCommit)
            for id in unused { files.remove(id) }
            try atStage(.afterPruning)
        }
    }

    /// Forgets the run's rounds, steps, snapshots and incidents. Its workers, with their revocations, and its ledger stay:
    /// what was spent of a privacy budget stays spent.
    ///
    /// - Throws: `FederationError.writeFailed` where it cannot be written: then nothing has changed.
    public func beginAnew(mode: String, configuration: String, now: Date) throws {
        try commits.withLock { _ in
            let unused = try database.writeDurably { database in
                let unused = try snapshotBlobs(database)
                for table in ["contributions", "snapshots", "rounds", "steps", "incidents"] {
                    try database.execute(sql: "DELETE FROM \(table) WHERE run = ?", arguments: [key])
                }
                try database.execute(
                    sql: "UPDATE runs SET created = ?, mode = ?, configuration = ?, state = 'created' WHERE id = ?",
                    arguments: [now.timeIntervalSince1970, mode, configuration, key])
                return unused
            }
            for id in unused { files.remove(id) }
        }
    }

    private func write(_ commit: RoundCommit, _ now: Date, _ database: Database) throws {
        try checkOrder(commit.index, database)
        let time = now.timeIntervalSince1970
        try database.execute(
            sql: """
                INSERT INTO rounds (run, number, state, result, started, committed, loss, metrics, bytesIn, bytesOut)
                VALUES (?, ?, 'committed', ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                key, commit.index, commit.result?.bytes, time, time, commit.loss, commit.metrics, commit.bytesIn,
                commit.bytesOut,
            ])
        for entry in commit.ledger { try insert(entry, database) }
        for (name, blob) in commit.snapshot {
            try database.execute(
                sql: "INSERT INTO snapshots VALUES (?, ?, ?, ?)", arguments: [key, commit.index, name, blob.id.bytes])
        }
    }

    private func checkOrder(_ index: Int, _ database: Database) throws {
        let last = try Int.fetchOne(
            database, sql: "SELECT max(number) FROM rounds WHERE run = ? AND state = 'committed'", arguments: [key])
        if let last, index <= last {
            throw FederationError(
                .protocolViolation, "round \(index) cannot be committed: round \(last) is committed already")
        }
    }

    /// Deletes the rows of old snapshots.
    ///
    /// - Returns: The blobs that no snapshot names any more.
    private func pruneSnapshots(_ database: Database) throws -> [BlobID] {
        let kept = "SELECT DISTINCT round FROM snapshots WHERE run = ? ORDER BY round DESC LIMIT ?"
        let before = try snapshotBlobs(database)
        try database.execute(
            sql: "DELETE FROM snapshots WHERE run = ? AND round NOT IN (\(kept))",
            arguments: [key, key, snapshotLimit])
        return Array(before.subtracting(try snapshotBlobs(database)))
    }

    private func snapshotBlobs(_ database: Database) throws -> Set<BlobID> {
        let rows = try Row.fetchAll(database, sql: "SELECT blob FROM snapshots WHERE run = ?", arguments: [key])
        return Set(try rows.map { try $0.blobID("blob") })
    }
}
