import Crypto
import Federation
import Foundation
import Models
import Testing
import Transports

@testable import lorad

@Suite("A run as an archive")
struct RunExportTests {
    private static let names = [
        "adapter/adapter_config.json", "adapter/adapter_model.safetensors", "configuration.yaml", "manifest.json",
        "manifest.sig", "provenance.json", "rounds.jsonl", "run.json", "sbom.cdx.json", "trainer_log.jsonl",
    ]

    @Test("is in order, the same bytes each time, and without a secret or a stray file in it")
    func sameBytes() throws {
        let sample = try SampleExport()
        let first = try sample.write()
        #expect(sample.problem() == "")
        #expect(try sample.problem(signer: sample.open().signer) == "")
        let found = try ExportVerification(path: sample.path, signer: nil)
        #expect(found.rounds == 3 && found.auditLines == 0 && found.transcripts == 0 && found.notes.isEmpty)
        #expect(found.manifest.members.map(\.name) == Self.names.filter { !$0.hasPrefix("manifest") })
        #expect(try sample.write() == first)
        for secret in sample.secrets + ["a stray file"] {
            #expect(secret.count > 10 && first.range(of: Data(secret.utf8)) == nil, "\(secret)")
        }
    }

    @Test("is read by GNU tar")
    func gnuTar() async throws {
        let sample = try SampleExport()
        try sample.write()
        // The commands after the first are never reached.
        let listed = try await LoradProcess(
            [], in: sample.folder.path,
            after: "cd '\(sample.folder.path)'; tar -tf run.tar && tar -xf run.tar -C runs; exit"
        ).outcome()
        #expect(listed.output.split(separator: "\n").map(String.init) == Self.names, "\(listed.errors)")
        let unpacked = try Data(
            contentsOf: URL(filePath: "\(sample.folder.path)/runs/adapter/adapter_model.safetensors"))
        #expect(try unpacked == Data(contentsOf: URL(filePath: "\(sample.folder.path)/out/adapter_model.safetensors")))
    }

    @Test("has the audit log, which must be in order, and the transcripts that sites have given")
    func audit() throws {
        let sample = try SampleExport()
        let identity = try IdentityKey(loading: "\(sample.runFolder.path)/keys/coordinator.key")
        let journal = try ActionJournal(run: "run", folder: sample.runFolder, identity: identity)
        _ = try journal.began(.pause, by: .user())
        try sample.write()
        #expect(try ExportVerification(path: sample.path, signer: nil).auditLines == 1)
        let path = "\(sample.runFolder.path)/audit.log"
        let log = try String(contentsOfFile: path, encoding: .utf8)
        try log.replacing("pause", with: "pauze").write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: FederationError.self) { try sample.write() }
        try log.write(toFile: path, atomically: true, encoding: .utf8)
        try sample.folder.write("{}\n", to: "runs/run/transcripts/north.transcript")
        #expect(throws: FederationError.self) { try sample.write() }
    }

    @Test("says that there is no adapter where the run is not finished")
    func unfinished() throws {
        let sample = try SampleExport(isFinished: false)
        try sample.write()
        let found = try ExportVerification(path: sample.path, signer: nil)
        #expect(found.notes == ["it contains no adapter: the run had not finished, or an earlier release finished it"])
        #expect(!found.manifest.members.contains { $0.name.hasPrefix("adapter/") || $0.name == "trainer_log.jsonl" })
    }

    @Test("is refused where the adapter is not as the run wrote it, or no export can be")
    func changedAdapter() throws {
        let sample = try SampleExport()
        try sample.folder.write(Data(count: 5_000), to: "out/adapter_model.safetensors")
        let error = #expect(throws: CommandError.self) { try sample.write() }
        #expect(
            error?.description.hasSuffix("has changed since the run wrote it in its last round: restore that file")
                == true)
        #expect(!FileManager.default.fileExists(atPath: sample.path))
        try FileManager.default.removeItem(atPath: "\(sample.folder.path)/out/adapter_model.safetensors")
        #expect(throws: CommandError.self) { try sample.write() }
    }

    @Test("tells under differential privacy what lorad runs show tells, and no more")
    func withheld() throws {
        let sample = try SampleExport(isWithheld: true)
        let bytes = String(decoding: try sample.write(), as: UTF8.self)
        #expect(sample.problem() == "")
        for figure in ["\"tokens\"", "\"loss\": 2.0", "\"loss\": 1.0", "trainer_log"] {
            #expect(!bytes.contains(figure), "\(figure)")
        }
    }

    @Test("names its parts by a standard that others read")
    func materials() throws {
        let pins = """
            {"pins": [
              {"identity": "swift-b", "location": "https://github.com/apple/swift-b.git", "state": {"version": "1.2.3"}},
              {"identity": "swift-a", "location": "/srv/mirror/swift-a", "state": {"version": "4.5.6"}},
              {"identity": "swift-c", "location": "https://me:secret@example.org/x/swift-c", "state": {"revision": "0f"}}
            ], "version": 3}
            """
        let data = try BillOfMaterials.document(pins: Data(pins.utf8), libraries: ["SQLite 3.40.1", "libnanomsg.so.5"])
        let json = try JSONValue(parsing: data, file: "sbom")
        #expect(json["bomFormat"]?.stringValue == "CycloneDX" && json["specVersion"]?.stringValue == "1.5")
        #expect(json["metadata"]?["component"]?["version"]?.stringValue == Version.number)
        let components = try #require(json["components"]?.arrayValue)
        #expect(
            components.map { $0["name"]?.stringValue } == [
                "swift-a", "swift-b", "swift-c", "SQLite", "libnanomsg.so.5",
            ])
        #expect(components.map { $0["version"]?.stringValue } == ["4.5.6", "1.2.3", nil, "3.40.1", nil])
        #expect(
            components.map { $0["purl"]?.stringValue } == [
                nil, "pkg:swift/github.com/apple/swift-b@1.2.3", nil, nil, nil,
            ])
        let text = String(decoding: data, as: UTF8.self)
        #expect(!text.contains("/srv") && !text.contains("secret"))
        let own = try JSONValue(parsing: BillOfMaterials.document(), file: "sbom")["components"]?.arrayValue ?? []
        #expect(Set(own.compactMap { $0["bom-ref"]?.stringValue }).count == own.count)
        #expect(own.contains { $0["name"]?.stringValue == "swift-crypto" && $0["version"]?.stringValue != nil })
    }
}
