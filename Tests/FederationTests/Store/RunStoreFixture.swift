import Foundation

@testable import Federation

/// Opens stores in a folder of its own.
struct RunStoreFixture {
    let folder: ScratchFolder
    let start = Date(timeIntervalSince1970: 1_700_000_000)

    init() throws { folder = try ScratchFolder() }

    func open(
        _ name: String = "run", in other: ScratchFolder? = nil, snapshotLimit: Int = 2,
        atStage: @escaping @Sendable (CommitStage) throws -> Void = { _ in }
    ) throws -> RunStore {
        let run = RunRecord(
            name: name, created: start, mode: "distributed", configuration: "run: \(name)\n", state: .running)
        return try RunStore(
            folder: (other ?? folder).path, run: run, snapshotLimit: snapshotLimit, atStage: atStage)
    }

    func commit(_ index: Int) throws -> RoundCommit {
        let adapter = try sampleBlob(300, seed: UInt8(2 * index + 1))
        let optimizer = try sampleBlob(500, seed: UInt8(2 * index + 2))
        return RoundCommit(
            index: index, snapshot: ["adapter": adapter, "optimizer": optimizer], result: adapter.id,
            loss: 1 / Double(index + 1), metrics: #"{"norm":1}"#, bytesIn: 10, bytesOut: 20,
            ledger: [LedgerEntry(kind: "epsilon", time: start, entry: #"{"round":\#(index)}"#)])
    }

    /// The names of every file under the run's `blobs` and `partial`.
    func files(in other: ScratchFolder? = nil) -> [String] {
        let root = (other ?? folder).path + "/run/"
        return ["blobs", "partial"].flatMap { part in
            (FileManager.default.enumerator(atPath: root + part)?.compactMap { $0 as? String } ?? [])
                .filter { $0.count > 2 && !$0.hasSuffix(BlobFolder.manifestSuffix) }
        }
    }
}

/// What a test throws to stop a commit.
struct Interruption: Error {}
