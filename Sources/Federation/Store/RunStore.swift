public import Foundation
import GRDB
import Synchronization

/// A coordinator's durable state of one run: an SQLite file that all runs of a folder share, and the run's own folder of
/// snapshots.
///
/// Whatever kills the process, the store opens to the last committed round. Calls block for as long as the disk takes;
/// threads may make them at once.
public final class RunStore: Sendable {
    /// What the store holds, for reading.
    public let history: RunHistory
    let database: RunDatabase
    let files: BlobFolder
    let key: Int64  // the run's row
    let snapshotLimit: Int
    let atStage: @Sendable (CommitStage) throws -> Void
    let commits = Mutex(())  // one at a time: files are written outside the transaction
    private let lock: RunLock

    /// Opens a run, or begins it where the store has none of that name, and locks it for this process.
    ///
    /// Files that a former process wrote for a round it did not commit are deleted. Whether a run that exists has the
    /// expected mode and configuration is for the caller to see in `history.run()`.
    ///
    /// - Parameter snapshotLimit: How many snapshots are kept, 1 at least.
    /// - Throws: `FederationError.invalidConfiguration` for an impossible name and for a run that another process
    ///   coordinates, `.corruptState`, `.unsupported` or `.writeFailed` where the store cannot be opened.
    public convenience init(
        folder: String, run name: String, mode: String, configuration: String, snapshotLimit: Int = 3, now: Date
    ) throws {
        let run = RunRecord(name: name, created: now, mode: mode, configuration: configuration, state: .created)
        try self.init(folder: folder, run: run, snapshotLimit: snapshotLimit, atStage: { _ in })
    }

    init(
        folder: String, run: RunRecord, snapshotLimit: Int, atStage: @escaping @Sendable (CommitStage) throws -> Void
    ) throws {
        try Self.checkName(run.name)
        let own = try Folder(creating: folder + "/" + run.name).path
        self.snapshotLimit = max(snapshotLimit, 1)
        self.atStage = atStage
        lock = try RunLock(folder: own)
        database = try Self.openDatabase(folder)
        files = try BlobFolder(creating: own)
        key = try Self.key(of: run, in: database)
        history = RunHistory(database, files: files, key: key)
        files.removeOrphans(keeping: Set(try history.snapshots().flatMap(\.blobs.values)))
    }

    /// Notes how far the run is.
    ///
    /// - Throws: `FederationError.writeFailed`, as all that write.
    public func setState(_ state: RunRecord.State) throws {
        try database.executeDurably("UPDATE runs SET state = ? WHERE id = ?", state.rawValue, key)
    }

    /// Keeps a step's figures. A step that is done again after a crash replaces its own, and those after it, which are
    /// to be done again too.
    public func record(_ step: StepRecord) throws {
        try database.write { database in
            try database.cachedStatement(sql: "DELETE FROM steps WHERE run = ? AND step >= ?")
                .execute(arguments: [key, step.step])
            try database.cachedStatement(sql: "INSERT INTO steps VALUES (?, ?, ?, ?)")
                .execute(arguments: [key, step.step, step.time.timeIntervalSince1970, step.metrics])
        }
    }

    /// Adds to the ledger; the entry is on the disk when this returns.
    public func append(_ entry: LedgerEntry) throws {
        try database.writeDurably { try insert(entry, $0) }
    }

    func insert(_ entry: LedgerEntry, _ database: Database) throws {
        try database.cachedStatement(sql: "INSERT INTO ledger (run, kind, time, entry) VALUES (?, ?, ?, ?)")
            .execute(arguments: [key, entry.kind, entry.time.timeIntervalSince1970, entry.entry])
    }

    /// Refuses what is no name for a run: it becomes the name of a folder, also with those who hear it from a coordinator.
    ///
    /// - Throws: `FederationError.invalidConfiguration`.
    public static func checkName(_ name: String) throws {
        let allowed = name.utf8.allSatisfy { byte in
            let character = Character(UnicodeScalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
        }
        guard allowed, (1...64).contains(name.utf8.count), !name.hasPrefix(".") else {
            throw FederationError(
                .invalidConfiguration,
                "run: \(name.debugDescription) is no name for a run: use up to 64 letters, digits, '-', '_' and '.'")
        }
    }

    /// Coordinators of several runs may come to a new folder at once, so one after the other makes the tables.
    private static func openDatabase(_ folder: String) throws -> RunDatabase {
        let file = try OpenFile.writing(folder + "/opening.lock")
        guard file.exclusiveLock() else { throw OpenFile.failure(file.path) }
        defer { file.unlock() }
        return try RunDatabase(writing: folder)
    }

    private static func key(of run: RunRecord, in database: RunDatabase) throws -> Int64 {
        if let key = try RunCatalog.key(of: run.name, in: database) { return key }
        return try database.writeDurably { database in
            try database.execute(
                sql: "INSERT INTO runs (name, created, mode, configuration, state) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    run.name, run.created.timeIntervalSince1970, run.mode, run.configuration, run.state.rawValue,
                ])
            return database.lastInsertedRowID
        }
    }
}
