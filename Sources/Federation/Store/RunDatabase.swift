import Foundation
import GRDB

/// The SQLite file of a store, with its errors as `FederationError`.
struct RunDatabase: Sendable {
    static let fileName = "runs.sqlite"

    private let connection: any DatabaseReader
    private let writer: DatabasePool?
    let path: String

    /// Opens the file for writing; it is created, or brought to the present schema.
    init(writing folder: String) throws {
        path = folder + "/" + Self.fileName
        let writer = try Self.translating(path) { [path] in
            let writer = try DatabasePool(path: path, configuration: Self.configuration())
            try Self.checkVersion(writer, path)
            try RunSchema.migrator.migrate(writer)
            return writer
        }
        connection = writer
        self.writer = writer
    }

    /// Opens the file for reading, while a coordinator may be writing it.
    init(reading folder: String) throws {
        path = folder + "/" + Self.fileName
        guard FileStatus(path: path) != nil else {
            throw FederationError(.notFound, "\(folder) holds no runs: there is no \(Self.fileName)")
        }
        connection = try Self.translating(path) { [path] in
            var configuration = Self.configuration()
            configuration.readonly = true
            let reader = try DatabaseQueue(path: path, configuration: configuration)
            try Self.checkVersion(reader, path)
            return reader
        }
        writer = nil
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating(path) { try connection.read(body) }
    }

    /// One statement as a transaction of its own, durable only with the next durable one.
    func execute(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) throws {
        try write { try $0.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments)) }
    }

    /// One statement as a transaction of its own, on the disk when this returns.
    ///
    /// - Returns: The number of rows that it changed.
    @discardableResult
    func executeDurably(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) throws -> Int {
        try writeDurably { database in
            try database.execute(sql: sql, arguments: StatementArguments(arguments))
            return database.changesCount
        }
    }

    /// One transaction. It survives the process's death, but the machine's only with the next durable one.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating(path) { try writable().write(body) }
    }

    /// One transaction that is on the disk when this returns.
    func writeDurably<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.translating(path) {
            try writable().writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                defer { try? database.execute(sql: "PRAGMA synchronous = NORMAL") }
                var value: Value?
                try database.inTransaction(.immediate) {
                    value = try body(database)
                    return .commit
                }
                guard let value else { throw FederationError(.writeFailed, "\(path): nothing was written") }
                return value
            }
        }
    }

    private func writable() throws -> DatabasePool {
        guard let writer else { throw FederationError(.unsupported, "\(path) was opened for reading") }
        return writer
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)  // another run's coordinator may be writing
        return configuration
    }

    private static func checkVersion(_ reader: any DatabaseReader, _ path: String) throws {
        guard try reader.read({ try !RunSchema.migrator.hasBeenSuperseded($0) }) else {
            throw FederationError(.unsupported, "\(path) was written by a newer lorad: use that one")
        }
    }

    private static func translating<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                throw FederationError(.corruptState, "\(path) is damaged: restore it from a copy", cause: error)
            case .SQLITE_CANTOPEN:
                throw FederationError(.notFound, "\(path) cannot be opened", cause: error)
            case .SQLITE_BUSY:
                throw FederationError(.writeFailed, "\(path) is being written by another process", cause: error)
            default:
                throw FederationError(.writeFailed, "\(path) cannot be used", cause: error)
            }
        }
    }
}
