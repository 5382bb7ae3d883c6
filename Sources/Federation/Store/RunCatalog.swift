import GRDB

/// The runs of a store's folder; coordinators may be writing them meanwhile.
public struct RunCatalog: Sendable {
    private let folder: String
    private let database: RunDatabase

    /// Opens a store for reading.
    ///
    /// - Throws: `FederationError.notFound` where the folder holds no store, `.unsupported` for one of a newer lorad,
    ///   `.corruptState` for a damaged one.
    public init(folder: String) throws {
        self.folder = folder
        database = try RunDatabase(reading: folder)
    }

    /// Every run, oldest first.
    ///
    /// - Throws: `FederationError.corruptState` for rows that cannot be read.
    public func runs() throws -> [RunSummary] {
        try names().map { name in
            let history = try history(of: name)
            return RunSummary(
                run: try history.run(), lastRound: try history.lastCommitted(),
                workerCount: try history.workerCount(), process: RunLock.owner(folder: folder + "/" + name))
        }
    }

    /// One run.
    ///
    /// - Throws: `FederationError.notFound` that names the runs there are.
    public func history(of name: String) throws -> RunHistory {
        guard let key = try RunCatalog.key(of: name, in: database) else {
            let known = try names().joined(separator: ", ")
            throw FederationError(.notFound, "\(folder) holds no run \(name.debugDescription); it holds: \(known)")
        }
        return RunHistory(database, files: BlobFolder(reading: folder + "/" + name), key: key)
    }

    /// Keeps a worker from coming back to a run, whether it is being coordinated now or not. Its coordinator finds the
    /// mark in the store.
    ///
    /// - Throws: `FederationError.notFound` for an unknown run or worker, `.writeFailed` where the store cannot be
    ///   written.
    public func revokeWorker(_ fingerprint: String, of run: String) throws {
        _ = try history(of: run)
        let database = try RunDatabase(writing: folder)
        guard let key = try Self.key(of: run, in: database) else { return }
        try RunStore.revokeWorker(fingerprint, run: key, in: database)
    }

    /// Does something with a run's folder while no coordinator can begin to serve the run.
    ///
    /// - Throws: `FederationError.invalidConfiguration` naming the process that coordinates it, and what the body throws.
    public func whileNotCoordinated<Result>(_ run: String, _ body: () throws -> Result) throws -> Result {
        let lock = try RunLock(folder: folder + "/" + run)
        return try withExtendedLifetime(lock, body)
    }

    static func key(of name: String, in database: RunDatabase) throws -> Int64? {
        try database.read { try Int64.fetchOne($0, sql: "SELECT id FROM runs WHERE name = ?", arguments: [name]) }
    }

    private func names() throws -> [String] {
        try database.read { try String.fetchAll($0, sql: "SELECT name FROM runs ORDER BY created, id") }
    }
}
