import Foundation
import Synchronization
import Testing

@testable import Federation

/// A copy of the folder is what a process that is killed leaves behind.
@Suite("A run store whose process dies while it commits")
struct RunStoreCrashTests {
    private let fixture: RunStoreFixture

    init() throws { fixture = try RunStoreFixture() }

    @Test(
        "opens to the round before or to the new one, with all its files and no others", arguments: CommitStage.allCases
    )
    func killed(stage: CommitStage) throws {
        let copy = Mutex<ScratchFolder?>(nil)
        let isArmed = Mutex(false)
        let store = try fixture.open(snapshotLimit: 1) { [folder = fixture.folder] reached in
            guard reached == stage, isArmed.withLock({ $0 }) else { return }
            let taken = try folder.copy()
            copy.withLock { $0 = taken }
        }
        try store.commitRound(try fixture.commit(0), now: fixture.start)
        isArmed.withLock { $0 = true }
        try store.commitRound(try fixture.commit(1), now: fixture.start)

        let left = try #require(copy.withLock { $0 })
        let isCommitted = stage == .afterCommit || stage == .afterPruning
        try expectRound(isCommitted ? 1 : 0, in: left)
        try goOn(from: isCommitted ? 1 : 0, in: left)
    }

    private func expectRound(_ index: Int, in folder: ScratchFolder) throws {
        let history = try fixture.open(in: folder, snapshotLimit: 1).history
        #expect(try history.lastCommitted()?.index == index)
        #expect(try history.ledger().count == index + 1)
        let snapshot = try #require(try history.snapshots().last)
        #expect(try snapshot.round == index && history.snapshots().count == 1)
        for (name, blob) in try fixture.commit(index).snapshot {
            #expect(snapshot.blobs[name] == blob.id)
            #expect(try history.blob(blob.id).bytes() == blob.bytes())
        }
        #expect(fixture.files(in: folder).count == 2)
    }

    private func goOn(from index: Int, in folder: ScratchFolder) throws {
        try withExtendedLifetime(try fixture.open(in: folder, snapshotLimit: 1)) { store in
            try store.commitRound(try fixture.commit(index + 1), now: fixture.start)
        }
        #expect(try fixture.open(in: folder).history.lastCommitted()?.index == index + 1)
    }

    @Test(
        "has nothing of a commit that fails, and takes it when it is tried again",
        arguments: CommitStage.allCases.prefix(4))
    func failing(stage: CommitStage) throws {
        let failures = Mutex(1)
        let store = try fixture.open { reached in
            let isFailing = failures.withLock { failures in
                guard reached == stage, failures > 0 else { return false }
                failures -= 1
                return true
            }
            if isFailing { throw Interruption() }
        }
        let commit = try fixture.commit(0)
        #expect(throws: Interruption.self) { try store.commitRound(commit, now: fixture.start) }
        #expect(try store.history.lastCommitted() == nil && store.history.snapshots().isEmpty)
        #expect(try store.history.ledger().isEmpty)
        try store.commitRound(commit, now: fixture.start)
        #expect(try store.history.lastCommitted()?.index == 0 && store.history.ledger().count == 1)
    }

    @Test("deletes what writers have left, and nothing else")
    func orphans() throws {
        try withExtendedLifetime(try fixture.open()) { store in
            try store.commitRound(try fixture.commit(0), now: fixture.start)
            try store.files.store(try sampleBlob(900, seed: 50))
            _ = try PartialBlob.open(try sampleBlob(900, seed: 51).manifest, in: store.files)
        }
        try fixture.folder.write(Data(), to: "run/note.txt")
        let before = fixture.files().count
        let store = try fixture.open()
        #expect(before > fixture.files().count && fixture.files().count == 2)
        #expect(FileManager.default.fileExists(atPath: fixture.folder.path + "/run/note.txt"))
        for id in try store.history.snapshots().flatMap(\.blobs.values) { _ = try store.history.blob(id) }
    }

    @Test("has no part of a snapshot under its name before it is whole")
    func partialFiles() throws {
        let store = try fixture.open()
        var commit = try fixture.commit(0)
        commit.snapshot["broken"] = try Blob(manifest: try sampleBlob(800).manifest, source: FailingSource(size: 800))
        #expect(throws: Interruption.self) { try store.commitRound(commit, now: fixture.start) }
        #expect(fixture.files().allSatisfy { !$0.hasSuffix(".new") } && fixture.files().count == 1)
    }

    /// Fails in the middle.
    private struct FailingSource: BlobSource {
        let size: Int

        func visit(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
            try sampleBytes(400).withUnsafeBytes(body)
            throw Interruption()
        }
    }
}
