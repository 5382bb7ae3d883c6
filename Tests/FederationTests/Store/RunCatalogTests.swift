import Foundation
import Synchronization
import Testing

@testable import Federation

@Suite("A catalog of runs")
struct RunCatalogTests {
    private let fixture: RunStoreFixture

    init() throws { fixture = try RunStoreFixture() }

    @Test("lists the runs with their last round, workers and process")
    func listing() throws {
        let pid = ProcessInfo.processInfo.processIdentifier
        try withExtendedLifetime(try fixture.open("first")) { store in
            try store.commitRound(try fixture.commit(4), now: fixture.start)
            try store.record(WorkerRecord(fingerprint: "f", name: "n", publicKey: Data(), seen: fixture.start))
            let catalog = try RunCatalog(folder: fixture.folder.path)
            let summary = try #require(try catalog.runs().first)
            #expect(summary.run.name == "first" && summary.lastRound?.index == 4)
            #expect(summary.workerCount == 1 && summary.process == pid)
        }
        _ = try fixture.open("second")
        let runs = try RunCatalog(folder: fixture.folder.path).runs()
        #expect(runs.map(\.run.name) == ["first", "second"] && runs.map(\.process) == [nil, nil])
    }

    @Test("sees each commit of a coordinator that goes on writing, and changes nothing")
    func beside() throws {
        let store = try fixture.open()
        let history = try RunCatalog(folder: fixture.folder.path).history(of: "run")
        for index in 0..<4 {
            try store.commitRound(try fixture.commit(index), now: fixture.start)
            #expect(try history.lastCommitted()?.index == index)
        }
        #expect(try history.snapshots() == store.history.snapshots())
    }

    @Test("reads what was committed before while a commit is under way")
    func isolation() throws {
        let seen = Mutex<[Int?]>([])
        let store = try fixture.open { [folder = fixture.folder.path] stage in
            guard stage == .beforeCommit || stage == .afterCommit else { return }
            let round = try RunCatalog(folder: folder).history(of: "run").lastCommitted()
            seen.withLock { $0.append(round?.index) }
        }
        for index in 0..<2 { try store.commitRound(try fixture.commit(index), now: fixture.start) }
        #expect(seen.withLock { $0 } == [nil, 0, 0, 1])
    }

    @Test("revokes a worker beside the coordinator, which finds the mark")
    func revocation() throws {
        let store = try fixture.open()
        for name in ["f", "g"] {
            try store.record(WorkerRecord(fingerprint: name, name: name, publicKey: Data(), seen: fixture.start))
        }
        let catalog = try RunCatalog(folder: fixture.folder.path)
        try catalog.revokeWorker("f", of: "run")
        try catalog.revokeWorker("f", of: "run")
        #expect(try store.history.workers().map(\.isRevoked) == [true, false])
        #expect(errorCode { try catalog.revokeWorker("h", of: "run") } == .notFound)
        #expect(errorCode { try catalog.revokeWorker("f", of: "none") } == .notFound)
    }

    @Test("says which runs there are when it is asked for another, and where there is no store")
    func missing() throws {
        _ = try fixture.open("first")
        let catalog = try RunCatalog(folder: fixture.folder.path)
        let error = #expect(throws: FederationError.self) { try catalog.history(of: "second") }
        #expect(error?.code == .notFound && error?.message.contains("it holds: first") == true)
        #expect(errorCode { try RunCatalog(folder: fixture.folder.path + "/none") } == .notFound)
    }

    @Test("cannot write")
    func writing() throws {
        _ = try fixture.open()
        let database = try RunDatabase(reading: fixture.folder.path)
        #expect(errorCode { try database.execute("DELETE FROM runs") } == .unsupported)
    }
}
