import Crypto
import Federation
import Foundation
import Models
import Transports

/// A run as an archive that others can keep and check: configuration, adapter, figures of rounds, audit log, transcripts, and
/// what it all came from.
struct RunExport {
    static let adapterFolder = "adapter/"
    static let auditFolder = "audit/"
    static let transcriptFolder = "transcripts/"
    static let (configuration, run, rounds) = ("configuration.yaml", "run.json", "rounds.jsonl")
    static let (provenance, materials, log) = ("provenance.json", "sbom.cdx.json", "trainer_log.jsonl")

    private let history: RunHistory
    private let folder: URL
    private var digest: RunDigest
    private let identity: IdentityKey
    /// What the run's adapter was when it was written; `nil` for a run that is not finished, or that an earlier release finished.
    let adapter: AdapterRecord?

    /// Opens a run that is not being coordinated.
    ///
    /// - Parameter folder: the run's own.
    /// - Throws: what cannot be read.
    init(_ history: RunHistory, folder: URL) throws {
        (self.history, self.folder) = (history, folder)
        digest = try RunDigest(history, process: nil)
        digest.isPaused = try ControlState.read(in: folder).isPaused
        identity = try IdentityKey(loading: folder.appending(path: "keys/coordinator.key").path)
        adapter = try digest.run.state == .finished ? AdapterRecord(history) : nil
    }

    /// The key that signs, as 64 hexadecimal digits.
    var signer: String { get throws { try identity.recordsKey.publicKey.rawRepresentation.hexadecimal } }

    /// Writes the archive, complete or not at all.
    ///
    /// - Returns: Number of members.
    /// - Throws: what cannot be read, or is not as the run left it.
    func write(to path: String) throws -> Int {
        let members = try self.members()
        let manifest = ExportManifest(
            lorad: Version.number, run: digest.run.name, coordinator: identity.publicIdentity.text, signer: try signer,
            members: members.map { .init(name: $0.name, size: $0.size, sha256: $0.digest) }.sorted { $0.name < $1.name }
        )
        let all = try members + ExportManifest.members(manifest, key: identity.recordsKey)
        try ExportWriter.write(all, to: path)
        return all.count
    }

    private func members() throws -> [ExportMember] {
        let fixed = [
            ExportMember(Self.configuration, Data(digest.run.configuration.utf8)),
            ExportMember(Self.run, Data((digest.jsonWithoutRounds.text(indent: 2) + "\n").utf8)),
            ExportMember(Self.rounds, ExportedRounds.lines(of: digest)),
            ExportMember(
                Self.provenance,
                Data((Provenance(adapter, try RunContents(recordedIn: folder)).json.text(indent: 2) + "\n").utf8)),
            ExportMember(Self.materials, try BillOfMaterials.document()),
        ]
        return try fixed + (adapter?.members() ?? []) + trainerLog() + audit() + transcripts()
    }

    /// The log of losses and evaluations; omitted under differential privacy, where the rounds contain everything that
    /// may be published.
    private func trainerLog() throws -> [ExportMember] {
        guard let adapter, !digest.isWithheld else { return [] }
        let path = "\(adapter.folder)/\(Self.log)"
        return FileManager.default.fileExists(atPath: path) ? [try ExportMember(Self.log, file: path)] : []
    }

    /// The audit log, which must be in order.
    private func audit() throws -> [ExportMember] {
        _ = try AuditTrail(folder: folder.path, signer: identity.recordsKey.publicKey)
        return try [AuditTrail.fileName, AuditTrail.headName].compactMap { name in
            let path = folder.appending(path: name).path
            return FileManager.default.fileExists(atPath: path)
                ? try ExportMember(Self.auditFolder + name, file: path) : nil
        }
    }

    /// The transcripts that sites have given to whoever runs the coordinator: `transcripts/` in the run's folder. Each must be
    /// in order.
    private func transcripts() throws -> [ExportMember] {
        let place = folder.appending(path: "transcripts")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
        return try names.filter { $0.hasSuffix(".transcript") }.sorted().flatMap { name in
            let path = place.appending(path: name).path
            _ = try Transcript(path: path)
            return try [name, name + ".head"].map {
                try ExportMember(Self.transcriptFolder + $0, file: place.appending(path: $0).path)
            }
        }
    }
}
