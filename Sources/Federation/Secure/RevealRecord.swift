import Crypto
import Foundation
import GRDB
import Privacy
import Synchronization
import Tensors

/// For which results a worker has given shares, on its disk before it gives the first, and how often it took part in the
/// draw of a round's graph.
///
/// A result without noise of its own is the same whenever it is made anew, so two sums that hold it, over workers that
/// differ by one, would give that one's. This record keeps it in one sum: in a run, shares are given for rising rounds
/// only, and never for two results that are equal, whatever run they are made for. docs/privacy-formulas.md has the proof.
public final class RevealRecord: Sendable {
    private struct State {
        var lastRound: [String: Int] = [:]
        var states: Set<Data> = []
        var results: Set<Data> = []
        var draws: [Draw: Int] = [:]

        mutating func take(_ key: ResultKey) {
            lastRound[key.run] = max(key.round, lastRound[key.run] ?? key.round)
            states.insert(key.state)
            results.insert(key.result)
        }
    }

    /// A round of a run, whose graph is drawn.
    private struct Draw: Hashable {
        let run: String
        let round: Int
    }

    private let state: Mutex<State>
    private let database: DatabaseQueue?

    /// A record that lasts as long as this value.
    public init() {
        state = Mutex(State())
        database = nil
    }

    /// Opens the record at a path, creating it and its folder.
    ///
    /// - Throws: `FederationError.corruptState` where there is one that cannot be read.
    public init(path: String) throws {
        do {
            _ = try AtomicFile.createFolder(of: path)
            let database = try Self.open(path)
            state = Mutex(try Self.read(database))
            self.database = database
        } catch {
            throw FederationError(
                .corruptState,
                "\(path), which notes for which rounds this worker has given shares, cannot be used: move it away only if "
                    + "no run that this worker took part in will be repeated", cause: error)
        }
    }

    /// Whether shares were given for a result that started from this state.
    func hasRevealed(from state: Data) -> Bool { self.state.withLock { $0.states.contains(state) } }

    /// Whether shares were given for an equal result.
    func hasRevealed(_ key: ResultKey) -> Bool { self.state.withLock { $0.results.contains(key.result) } }

    /// Refuses a result that shares must not be given for.
    ///
    /// - Throws: `FederationError.unsupported`.
    func check(_ key: ResultKey) throws { try state.withLock { try Self.check(key, $0) } }

    /// Notes, on the disk, that shares are given for a result.
    ///
    /// - Parameter sum: whose results are in the sum.
    /// - Throws: as `check`; `FederationError.writeFailed` where it cannot be written. No share may be given then.
    func note(_ key: ResultKey, in sum: RevealedSum) throws {
        try state.withLock { state in
            try Self.check(key, state)
            do {
                try database?.write { try Self.insert(key, sum, $0) }
            } catch {
                throw FederationError(
                    .writeFailed, "shares are not given, for that could not be written down first", cause: error)
            }
            state.take(key)
        }
    }

    /// Notes, on the disk, that this worker takes part in the draw of a round's graph.
    ///
    /// A coordinator that sees the graph and does not like it can begin the round anew, so the number of draws bounds what
    /// it can choose among.
    ///
    /// - Throws: `FederationError.unsupported` after `NeighbourDegree.attempts` draws for one round, `.writeFailed` if it
    ///   cannot be written. The worker may not take part then.
    func noteDraw(round: Int, of run: String) throws {
        try state.withLock { state in
            let draw = Draw(run: run, round: round)
            let count = state.draws[draw, default: 0]
            guard count < NeighbourDegree.attempts else {
                throw FederationError(
                    .unsupported,
                    "the neighbours for round \(round + 1) of run \(run) were drawn \(count) times, and this worker takes "
                        + "part in no more draws for it: a coordinator that draws until it likes the result could tell "
                        + "updates apart. A run that is begun anew needs another name (--set run=NAME)")
            }
            do {
                try database?.write { try Self.insert(draw, count + 1, $0) }
            } catch {
                throw FederationError(
                    .writeFailed, "this worker takes part in no draw that it cannot write down first", cause: error)
            }
            state.draws[draw] = count + 1
        }
    }

    private static func insert(_ draw: Draw, _ count: Int, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO draws (run, round, count) VALUES (?, ?, ?)",
            arguments: [draw.run, draw.round, count])
    }

    private static func check(_ key: ResultKey, _ state: State) throws {
        if let last = state.lastRound[key.run], key.round <= last {
            throw FederationError(
                .unsupported,
                "this worker has given shares for round \(last + 1) of run \(key.run) and gives none for round "
                    + "\(key.round + 1): a second sum, over other workers, would tell their results apart. A run that is "
                    + "begun anew needs another name (--set run=NAME)")
        }
        guard !state.results.contains(key.result) else {
            throw FederationError(
                .unsupported,
                "round \(key.round + 1) of run \(key.run) has the very result that this worker has given shares for "
                    + "already: a second sum with it, over other workers, would tell their results apart")
        }
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = EXTRA") }
        let database = try DatabaseQueue(path: path, configuration: configuration)
        chmod(path, 0o600)
        try database.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS reveals (
                        run TEXT NOT NULL, round INTEGER NOT NULL, state BLOB NOT NULL, result BLOB NOT NULL UNIQUE,
                        survivors BLOB NOT NULL, PRIMARY KEY (run, round))
                    """)
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS draws (
                        run TEXT NOT NULL, round INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (run, round))
                    """)
        }
        return database
    }

    private static func read(_ database: DatabaseQueue) throws -> State {
        try database.read { database in
            var state = State()
            for row in try Row.fetchAll(database, sql: "SELECT run, round, state, result FROM reveals") {
                state.take(ResultKey(run: row["run"], round: row["round"], state: row["state"], result: row["result"]))
            }
            for row in try Row.fetchAll(database, sql: "SELECT run, round, count FROM draws") {
                state.draws[Draw(run: row["run"], round: row["round"])] = row["count"]
            }
            return state
        }
    }

    private static func insert(_ key: ResultKey, _ sum: RevealedSum, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO reveals (run, round, state, result, survivors) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                key.run, key.round, key.state, key.result, sum.survivors.reduce(into: Data()) { $0 += $1.bytes },
            ])
    }
}

/// What tells a worker's result from its others.
struct ResultKey: Equatable, Sendable {
    let run: String
    /// From 0.
    let round: Int
    /// The state that it starts from, `ResultBinding.state`.
    let state: Data
    /// A keyed hash of the state and the result.
    let result: Data

    init(run: String, round: Int, state: Data, result: Data) {
        (self.run, self.round, self.state, self.result) = (run, round, state, result)
    }

    /// The key of a result; whoever reads it without the worker's signing key cannot compare results with it.
    ///
    /// - Parameter result: nil for one that is no function of the data. It is equal to no other round's.
    init(_ result: LocalResult?, _ binding: ResultBinding, _ terms: MaskingTerms, _ key: Curve25519.Signing.PrivateKey)
    {
        let (run, round) = (terms.run, terms.round)
        let content =
            result.map { Data("lorad result 1".utf8) + binding.state + $0.update.contentDigest }
            ?? Data("lorad unchanged 1 \(round) \(run)".utf8)
        let code = HMAC<SHA256>.authenticationCode(for: content, using: SymmetricKey(data: key.rawRepresentation))
        self.init(run: run, round: round, state: binding.state, result: Data(code))
    }
}
