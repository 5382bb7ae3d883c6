public import Foundation
import GRDB
import Synchronization

extension RunStore {
    /// Begins a round; one that was left open is begun anew.
    ///
    /// - Throws: `FederationError.protocolViolation` unless its number is higher than every committed one.
    public func openRound(_ index: Int, base: BlobID?, now: Date) throws {
        try database.write { database in
            try checkOrder(index, database)
            try removeOpenRounds(but: index, database)
            try database.execute(
                sql: """
                    INSERT INTO rounds (run, number, state, base, started) VALUES (?, ?, 'open', ?, ?)
                    ON CONFLICT DO UPDATE SET base = excluded.base, started = excluded.started
                    """, arguments: [key, index, base?.bytes, now.timeIntervalSince1970])
        }
    }

    /// Notes answers to tasks; a later answer of the same worker to the same task replaces its own.
    ///
    /// - Throws: `FederationError.writeFailed`, also for a round that was never begun.
    public func record(_ contributions: [ContributionRecord]) throws {
        try database.write { try insert(contributions, $0) }
    }

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
        try removeOpenRounds(but: commit.index, database)
        let time = now.timeIntervalSince1970
        try database.execute(
            sql: """
                INSERT INTO rounds (run, number, state, result, started, committed, loss, metrics, bytesIn, bytesOut)
                VALUES (?, ?, 'committed', ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET state = excluded.state, result = excluded.result,
                    committed = excluded.committed, loss = excluded.loss, metrics = excluded.metrics,
                    bytesIn = excluded.bytesIn, bytesOut = excluded.bytesOut
                """,
            arguments: [
                key, commit.index, commit.result?.bytes, time, time, commit.loss, commit.metrics, commit.bytesIn,
                commit.bytesOut,
            ])
        try insert(commit.contributions, database)
        for entry in commit.ledger { try insert(entry, database) }
        for (name, blob) in commit.snapshot {
            try database.execute(
                sql: "INSERT INTO snapshots VALUES (?, ?, ?, ?)", arguments: [key, commit.index, name, blob.id.bytes])
        }
    }

    private func insert(_ contributions: [ContributionRecord], _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO contributions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        for item in contributions {
            try statement.execute(arguments: [
                key, item.round, item.task, item.worker, item.state.rawValue, item.weight, item.blob?.bytes,
                item.metrics, item.refusal,
            ])
        }
    }

    private func checkOrder(_ index: Int, _ database: Database) throws {
        let last = try Int.fetchOne(
            database, sql: "SELECT max(number) FROM rounds WHERE run = ? AND state = 'committed'", arguments: [key])
        if let last, index <= last {
            throw FederationError(
                .protocolViolation, "round \(index) cannot be begun or committed: round \(last) is committed already")
        }
    }

    /// A run has one open round at most.
    private func removeOpenRounds(but index: Int, _ database: Database) throws {
        let open = "SELECT number FROM rounds WHERE run = ? AND state = 'open' AND number <> ?"
        try database.execute(
            sql: "DELETE FROM contributions WHERE run = ? AND round IN (\(open))", arguments: [key, key, index])
        try database.execute(
            sql: "DELETE FROM rounds WHERE run = ? AND state = 'open' AND number <> ?", arguments: [key, index])
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
