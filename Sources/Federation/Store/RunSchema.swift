import GRDB

/// The tables of a store, and how older ones become the present ones.
///
/// A change of the tables is one more migration; those that were released stay as they are.
enum RunSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 runs") { try $0.execute(sql: runs) }
        migrator.registerMigration("2 incidents") { try $0.execute(sql: incidents) }
        migrator.registerMigration("3 exclusions") { try $0.execute(sql: exclusions) }
        return migrator
    }

    /// Times are seconds since 1970; blobs are named by their 32 bytes; what lorad does not search is JSON text. Nothing is
    /// written to `tokens` and `contributions`, nor any open round: they stay because every store has them.
    static let runs = """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created REAL NOT NULL, mode TEXT NOT NULL,
            configuration TEXT NOT NULL, state TEXT NOT NULL);
        CREATE TABLE workers (
            run INTEGER NOT NULL REFERENCES runs, fingerprint TEXT NOT NULL, name TEXT NOT NULL,
            publicKey BLOB NOT NULL, firstSeen REAL NOT NULL, lastSeen REAL NOT NULL, machine TEXT NOT NULL,
            revoked INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (run, fingerprint)) WITHOUT ROWID;
        CREATE TABLE tokens (
            run INTEGER NOT NULL REFERENCES runs, digest BLOB NOT NULL, expiry REAL, usesLeft INTEGER NOT NULL,
            PRIMARY KEY (run, digest)) WITHOUT ROWID;
        CREATE TABLE rounds (
            run INTEGER NOT NULL REFERENCES runs, number INTEGER NOT NULL, state TEXT NOT NULL, base BLOB, result BLOB,
            started REAL NOT NULL, committed REAL, loss REAL, metrics TEXT NOT NULL DEFAULT '{}',
            bytesIn INTEGER NOT NULL DEFAULT 0, bytesOut INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (run, number)) WITHOUT ROWID;
        CREATE TABLE contributions (
            run INTEGER NOT NULL, round INTEGER NOT NULL, task INTEGER NOT NULL, worker TEXT NOT NULL,
            state TEXT NOT NULL, weight REAL NOT NULL, blob BLOB, metrics TEXT NOT NULL, refusal TEXT,
            PRIMARY KEY (run, round, task, worker), FOREIGN KEY (run, round) REFERENCES rounds) WITHOUT ROWID;
        CREATE TABLE snapshots (
            run INTEGER NOT NULL, round INTEGER NOT NULL, name TEXT NOT NULL, blob BLOB NOT NULL,
            PRIMARY KEY (run, round, name), FOREIGN KEY (run, round) REFERENCES rounds) WITHOUT ROWID;
        CREATE TABLE steps (
            run INTEGER NOT NULL REFERENCES runs, step INTEGER NOT NULL, time REAL NOT NULL, metrics TEXT NOT NULL,
            PRIMARY KEY (run, step)) WITHOUT ROWID;
        CREATE TABLE ledger (
            id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs, kind TEXT NOT NULL,
            time REAL NOT NULL, entry TEXT NOT NULL);
        CREATE INDEX ledgerOfRun ON ledger (run);
        CREATE TRIGGER ledgerKeepsRows BEFORE DELETE ON ledger
            BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER ledgerKeepsValues BEFORE UPDATE ON ledger
            BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        """

    static let incidents = """
        CREATE TABLE incidents (
            id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs, kind TEXT NOT NULL,
            time REAL NOT NULL, text TEXT NOT NULL);
        CREATE INDEX incidentsOfRun ON incidents (run, kind);
        """

    static let exclusions = """
        CREATE TABLE exclusions (
            run INTEGER NOT NULL REFERENCES runs, fingerprint TEXT NOT NULL, signingKey BLOB NOT NULL,
            reason TEXT NOT NULL, time REAL NOT NULL, PRIMARY KEY (run, fingerprint)) WITHOUT ROWID;
        """
}
