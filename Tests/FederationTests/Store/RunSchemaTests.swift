import Dispatch
import Foundation
import Testing

@testable import Federation

@Suite("The tables of a store")
struct RunSchemaTests {
    private let fixture: RunStoreFixture

    init() throws { fixture = try RunStoreFixture() }

    @Test("are made in an empty file")
    func migration() throws {
        try fixture.folder.write(Data(), to: "runs.sqlite")
        try fixture.open().commitRound(try fixture.commit(0), now: fixture.start)
        #expect(try fixture.open().history.rounds().count == 1)
    }

    @Test("that were released are never changed: a change is one more migration")
    func released() {
        let digest = Hexadecimal.encode(ContentDigest(of: Data(RunSchema.runs.utf8)).bytes.prefix(8))
        #expect(
            digest == "0945b5f0af4c0449", "the first migration makes other tables than those that stores in use have")
    }

    @Test("of an older lorad are read as they are, and brought up to date by a coordinator")
    func older() throws {
        let database = try fixture.open().database
        try database.execute("DROP TABLE incidents")
        try database.execute("DELETE FROM grdb_migrations WHERE identifier = '2 incidents'")
        #expect(try RunCatalog(folder: fixture.folder.path).history(of: "run").incidents().isEmpty)
        let store = try fixture.open()
        try store.record(IncidentRecord(kind: "silent", time: fixture.start, text: "there"))
        #expect(try store.history.incidents().count == 1)
    }

    @Test("of an older lorad have nobody left out; who is left out stays so, also in a run that is begun anew")
    func exclusions() throws {
        let database = try fixture.open().database
        try database.execute("DROP TABLE exclusions")
        try database.execute("DELETE FROM grdb_migrations WHERE identifier = '3 exclusions'")
        #expect(try RunCatalog(folder: fixture.folder.path).history(of: "run").exclusions().isEmpty)
        let (first, later) = (fixture.start, fixture.start.addingTimeInterval(5))
        let record = ExclusionRecord(fingerprint: "f", signingKey: Data([1]), reason: "it lied", time: first)
        do {
            let store = try fixture.open()
            try store.record(record)
            try store.record(ExclusionRecord(fingerprint: "f", signingKey: Data(), reason: "again", time: later))
            try store.beginAnew(mode: "federated", configuration: "", now: later)
        }
        #expect(try fixture.open().history.exclusions() == [record])
        #expect(try fixture.open("other").history.exclusions().isEmpty)
    }

    @Test("keep the runs of one folder apart")
    func runs() throws {
        let (first, second) = (try fixture.open("first"), try fixture.open("second"))
        for store in [first, second] {
            try store.commitRound(try fixture.commit(0), now: fixture.start)
            try store.record(WorkerRecord(fingerprint: "f", name: "n", publicKey: Data(), seen: fixture.start))
            try store.record(StepRecord(step: 0, time: fixture.start, metrics: "{}"))
        }
        try second.commitRound(try fixture.commit(1), now: fixture.start)
        try second.revokeWorker("f")
        #expect(try first.history.rounds().count == 1 && second.history.rounds().count == 2)
        #expect(try first.history.worker("f")?.isRevoked == false && second.history.worker("f")?.isRevoked == true)
        #expect(try first.history.ledger().count == 1 && second.history.ledger().count == 2)
        #expect(try first.history.steps().count == 1)
    }

    @Test("take the rounds of several coordinators, and the figures of several threads, at once")
    func threads() throws {
        let stores = [try fixture.open("first"), try fixture.open("second")]
        let commits = try (0..<4).map { try fixture.commit($0) }
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            let store = stores[thread % 2]
            for index in 0..<4 {
                if thread < 2 {
                    try? store.commitRound(commits[index], now: fixture.start)
                } else {
                    try? store.record(StepRecord(step: index, time: fixture.start, metrics: "{}"))
                }
            }
        }
        for store in stores {
            #expect(try store.history.rounds().map(\.index) == [0, 1, 2, 3])
            #expect(try store.history.steps().count == 4)
        }
    }
}
