public import Foundation
import GRDB

extension RunStore {
    /// Notes a worker that joins. Of one that is known, the first time seen and the revocation stay.
    public func record(_ worker: WorkerRecord) throws {
        try database.execute(
            """
            INSERT INTO workers VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET name = excluded.name, publicKey = excluded.publicKey,
                lastSeen = excluded.lastSeen, machine = excluded.machine
            """, key, worker.fingerprint, worker.name, worker.publicKey, worker.firstSeen.timeIntervalSince1970,
            worker.lastSeen.timeIntervalSince1970, worker.machine, worker.isRevoked)
    }

    /// Notes that workers were heard from.
    public func sawWorkers(_ fingerprints: some Sequence<String>, at time: Date) throws {
        try database.write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE workers SET lastSeen = ? WHERE run = ? AND fingerprint = ?")
            for fingerprint in fingerprints {
                try statement.execute(arguments: [time.timeIntervalSince1970, key, fingerprint])
            }
        }
    }

    /// Keeps a worker from coming back.
    ///
    /// - Throws: `FederationError.notFound` for an unknown one.
    public func revokeWorker(_ fingerprint: String) throws {
        try Self.revokeWorker(fingerprint, run: key, in: database)
    }

    static func revokeWorker(_ fingerprint: String, run key: Int64, in database: RunDatabase) throws {
        let sql = "UPDATE workers SET revoked = 1 WHERE run = ? AND fingerprint = ?"
        guard try database.executeDurably(sql, key, fingerprint) == 1 else {
            throw FederationError(.notFound, "no worker \(fingerprint) has joined this run")
        }
    }
}
