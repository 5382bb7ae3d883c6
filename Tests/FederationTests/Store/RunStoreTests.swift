import Foundation
import Testing

@testable import Federation

@Suite("A run store")
struct RunStoreTests {
    private let fixture: RunStoreFixture

    init() throws { fixture = try RunStoreFixture() }

    @Test("begins a run, and finds it again as it was")
    func reopening() throws {
        for state in [RunRecord.State.running, .finished] {
            let store = try fixture.open()
            let run = try store.history.run()
            #expect(run.name == "run" && run.mode == "distributed" && run.configuration == "run: run\n")
            #expect(run.created == fixture.start && run.state == .running)
            if state == .finished {
                try store.setState(.finished)
                #expect(try store.history.run().state == .finished)
            }
        }
    }

    @Test(
        "refuses names that are no folder's",
        arguments: ["", "..", "a/b", ".hidden", "ü", String(repeating: "a", count: 65)])
    func names(name: String) {
        #expect(errorCode { try fixture.open(name) } == .invalidConfiguration)
    }

    @Test("keeps a run from a second coordinator and names the first, but not another run")
    func locking() throws {
        try withExtendedLifetime(try fixture.open()) {
            let error = #expect(throws: FederationError.self) { try fixture.open() }
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
            _ = try fixture.open("other")
        }
        _ = try fixture.open()
    }

    @Test("keeps everything of a round that is committed")
    func committing() throws {
        let commit = try fixture.commit(0)
        try withExtendedLifetime(try fixture.open()) { store in
            #expect(try store.history.lastCommitted() == nil)
            try store.commitRound(commit, now: fixture.start + 60)
        }
        let history = try fixture.open().history
        let round = try #require(try history.lastCommitted())
        #expect(round.index == 0 && round.result == commit.result && round.loss == 1)
        #expect(round.committed == fixture.start + 60)
        #expect(round.metrics == commit.metrics && round.bytesIn == 10 && round.bytesOut == 20)
        #expect(try history.rounds() == [round])
        #expect(try history.ledger() == commit.ledger)
        #expect(try history.snapshots() == [SnapshotRecord(round: 0, blobs: commit.snapshot.mapValues(\.id))])
        for blob in commit.snapshot.values { #expect(try history.blob(blob.id).bytes() == blob.bytes()) }
    }

    @Test("takes rounds in ascending order only")
    func order() throws {
        let store = try fixture.open()
        try store.commitRound(try fixture.commit(3), now: fixture.start)
        for index in [0, 3] {
            #expect(
                errorCode { try store.commitRound(try fixture.commit(index), now: fixture.start) } == .protocolViolation
            )
        }
        try store.commitRound(try fixture.commit(5), now: fixture.start)
        #expect(try store.history.rounds().map(\.index) == [3, 5])
        #expect(try store.history.rounds(limit: 1).map(\.index) == [5])
    }

    @Test("keeps the newest snapshots only, and a blob as long as one of them names it")
    func pruning() throws {
        let store = try fixture.open(snapshotLimit: 2)
        let shared = try sampleBlob(700, seed: 99)
        for index in 0..<5 {
            var commit = try fixture.commit(index)
            if index > 0 { commit.snapshot["shared"] = shared }
            try store.commitRound(commit, now: fixture.start)
        }
        #expect(try store.history.snapshots().map(\.round) == [3, 4])
        #expect(fixture.files().count == 5)
        for id in try store.history.snapshots().flatMap(\.blobs.values) { _ = try store.history.blob(id) }
        #expect(try store.history.rounds().count == 5 && store.history.ledger().count == 5)
    }

    @Test("tells of a snapshot's file that is damaged or missing")
    func damage() throws {
        let store = try fixture.open()
        let commit = try fixture.commit(0)
        try store.commitRound(commit, now: fixture.start)
        let id = try #require(commit.snapshot["adapter"]?.id)
        let path = BlobFolder(reading: fixture.folder.path + "/run").path(of: id)
        try sampleBytes(300, seed: 77).write(to: URL(fileURLWithPath: path))
        #expect(errorCode { try store.history.blob(id) } == .corruptState)
        try FileManager.default.removeItem(atPath: path)
        #expect(errorCode { try store.history.blob(id) } == .corruptState)
    }

    @Test("never changes or deletes an entry of the ledger")
    func ledger() throws {
        let store = try fixture.open()
        let entries = (0..<3).map { LedgerEntry(kind: "epsilon", time: fixture.start, entry: "\($0)") }
        for entry in entries { try store.append(entry) }
        for sql in ["DELETE FROM ledger", "UPDATE ledger SET entry = 'x'"] {
            #expect(throws: FederationError.self) { try store.database.execute(sql) }
        }
        #expect(try store.history.ledger() == entries)
    }

    @Test("keeps steps' figures; one that is done again replaces its own and those after it")
    func steps() throws {
        let (store, other) = (try fixture.open(), try fixture.open("other"))
        try other.record(StepRecord(step: 9, time: fixture.start, metrics: "{}"))
        for (index, step) in [0, 1, 2, 3, 2].enumerated() {
            try store.record(StepRecord(step: step, time: fixture.start, metrics: "\(index)"))
        }
        #expect(try store.history.steps().map(\.step) == [0, 1, 2])
        #expect(try store.history.steps(limit: 2).map(\.metrics) == ["1", "4"])
        #expect(try other.history.steps().map(\.step) == [9])
    }

    @Test("keeps the last incidents of each kind, each run its own")
    func incidents() throws {
        let (store, other) = (try fixture.open(), try fixture.open("other"))
        let rare = IncidentRecord(kind: "failed", time: fixture.start, text: "it is over")
        try store.record(rare)
        try other.record(IncidentRecord(kind: "silent", time: fixture.start, text: "elsewhere"))
        let count = RunStore.incidentLimit + 7
        for index in 0..<count {
            try store.record(IncidentRecord(kind: "silent", time: fixture.start + Double(index), text: "\(index)"))
        }
        let kept = try store.history.incidents()
        #expect(kept.first == rare && kept.dropFirst().map(\.text) == (7..<count).map { "\($0)" })
        #expect(try other.history.incidents().map(\.text) == ["elsewhere"])
        try store.beginAnew(mode: "federated", configuration: "new", now: fixture.start)
        #expect(try store.history.incidents().isEmpty && other.history.incidents().count == 1)
    }

    @Test("begun anew forgets rounds, steps and snapshots, and keeps workers, revocations and the ledger")
    func beginningAnew() throws {
        let (store, other) = (try fixture.open(), try fixture.open("other"))
        for store in [store, other] {
            try store.commitRound(try fixture.commit(3), now: fixture.start)
            try store.record(StepRecord(step: 3, time: fixture.start, metrics: "{}"))
            try store.record(WorkerRecord(fingerprint: "f", name: "n", publicKey: Data(), seen: fixture.start))
            try store.revokeWorker("f")
        }
        try store.setState(.finished)
        let ledger = try store.history.ledger()
        try store.beginAnew(mode: "federated", configuration: "new", now: fixture.start + 5)
        #expect(
            try store.history.run()
                == RunRecord(
                    name: "run", created: fixture.start + 5, mode: "federated", configuration: "new", state: .created))
        #expect(try store.history.rounds().isEmpty && store.history.steps().isEmpty)
        #expect(try store.history.snapshots().isEmpty && fixture.files().isEmpty)
        #expect(try store.history.worker("f")?.isRevoked == true && store.history.ledger() == ledger)
        #expect(try other.history.rounds().count == 1 && other.history.snapshots().count == 1)
        try store.commitRound(try fixture.commit(0), now: fixture.start)
    }

    @Test("knows its workers; joining again keeps the first time and a revocation")
    func workers() throws {
        let store = try fixture.open()
        var worker = WorkerRecord(fingerprint: "f", name: "first", publicKey: Data([1, 2]), seen: fixture.start)
        try store.record(worker)
        #expect(try store.history.worker("f") == worker)
        try store.revokeWorker("f")
        try store.record(WorkerRecord(fingerprint: "f", name: "second", publicKey: Data([3]), seen: fixture.start + 9))
        worker.name = "second"
        worker.publicKey = Data([3])
        worker.lastSeen = fixture.start + 9
        worker.isRevoked = true
        #expect(try store.history.workers() == [worker])
        try store.sawWorkers(["f", "unknown"], at: fixture.start + 20)
        #expect(try store.history.worker("f")?.lastSeen == fixture.start + 20)
        #expect(errorCode { try store.revokeWorker("unknown") } == .notFound)
    }

    @Test("of a newer lorad is not touched, a damaged one is named")
    func versions() throws {
        try withExtendedLifetime(try fixture.open()) { store in
            try store.database.execute("INSERT INTO grdb_migrations VALUES ('99 of the future')")
        }
        #expect(errorCode { try fixture.open() } == .unsupported)
        #expect(errorCode { try RunCatalog(folder: fixture.folder.path) } == .unsupported)
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: fixture.folder.path + "/runs.sqlite" + suffix)
        }
        let path = try fixture.folder.write(sampleBytes(9000), to: "runs.sqlite")
        let error = #expect(throws: FederationError.self) { try fixture.open() }
        #expect(error?.code == .corruptState && error?.message.contains(path) == true)
    }

    @Test("with values of another type throws instead of using them")
    func types() throws {
        let store = try fixture.open()
        try store.commitRound(try fixture.commit(0), now: fixture.start)
        let damages = [
            "UPDATE rounds SET metrics = x'ff00'", "UPDATE rounds SET started = 'soon', metrics = '{}'",
            "UPDATE rounds SET started = 1, result = x'00'", "UPDATE rounds SET result = NULL, bytesIn = 'many'",
        ]
        for sql in damages {
            try store.database.execute(sql)
            #expect(errorCode { try store.history.rounds() } == .corruptState)
        }
    }
}
