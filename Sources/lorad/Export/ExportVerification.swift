import Crypto
import Federation
import Foundation
import Models
import Transports

/// An export that was looked through and is in order.
struct ExportVerification: Equatable {
    let manifest: ExportManifest
    /// Rounds that it tells of, and lines of its audit log.
    let rounds: Int
    let auditLines: Int
    /// Transcripts of sites.
    let transcripts: Int
    /// Notices about a valid export, one line each.
    let notes: [String]

    /// Looks an export through: the signature, every member's digest, the chains of rounds, audit log and transcripts, and
    /// whether the adapter is that of the last round.
    ///
    /// - Parameter signer: whose signature it must bear, 64 hexadecimal digits; `nil` takes the key that it names itself, which
    ///   tells that nobody changed it since, but not who made it.
    /// - Throws: the first thing that is wrong.
    init(path: String, signer expected: String?) throws {
        let contents = try ExportReader(path: path).contents()
        do {
            let manifest = try Self.manifest(contents, signer: expected)
            self.manifest = manifest
            try Self.checkMembers(contents, manifest)
            let key = try Self.key(manifest.signer)
            let trail = try AuditTrail(
                log: contents.bytes(of: RunExport.auditFolder + AuditTrail.fileName),
                head: contents.bytes(of: RunExport.auditFolder + AuditTrail.headName), signer: key)
            if let other = trail.entries.first(where: { $0.run != manifest.run }) {
                throw CommandError("the audit log belongs to another run, \(other.run.onOneLine)")
            }
            auditLines = trail.entries.count
            transcripts = try Self.checkTranscripts(contents, manifest)
            rounds = try Self.checkRounds(contents, manifest)
            notes = trail.notes + (try Self.checkAdapter(contents) ? [] : [Self.noAdapter])
        } catch let error as CommandError {
            throw CommandError("\(path): \(error.description)")
        } catch let error as FederationError {
            throw CommandError("\(path): \(error.message)")
        }
    }

    private static let noAdapter = "it contains no adapter: the run had not finished, or an earlier release finished it"

    private static func manifest(_ contents: ExportReader.Contents, signer expected: String?) throws -> ExportManifest {
        guard let data = try contents.bytes(of: ExportManifest.fileName),
            let signature = try contents.bytes(of: ExportManifest.signatureName)
        else {
            throw CommandError("\(ExportManifest.fileName) or \(ExportManifest.signatureName) is missing")
        }
        guard let manifest = try? JSONDecoder().decode(ExportManifest.self, from: data) else {
            throw CommandError("\(ExportManifest.fileName) cannot be read")
        }
        guard manifest.format == ExportManifest.currentFormat else {
            throw CommandError(
                "its format is \(manifest.format.onOneLine.debugDescription), which this release does not support")
        }
        guard expected.map({ $0 == manifest.signer }) ?? true else {
            throw CommandError("it names the signer \(manifest.signer.onOneLine), not \(expected ?? "")")
        }
        guard ExportManifest.isSigned(data, by: try key(manifest.signer), signature: signature) else {
            throw CommandError("\(ExportManifest.fileName) was changed, or is not signed by \(manifest.signer)")
        }
        return manifest
    }

    private static func key(_ text: String) throws -> Curve25519.Signing.PublicKey {
        guard let bytes = Data(hexadecimal: text), let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        else {
            throw CommandError(
                "\(text.onOneLine.prefix(80).debugDescription) is not a key: expected 64 hexadecimal digits")
        }
        return key
    }

    private static func checkMembers(_ contents: ExportReader.Contents, _ manifest: ExportManifest) throws {
        let own = [ExportManifest.fileName, ExportManifest.signatureName]
        let listed = Dictionary(manifest.members.map { ($0.name, $0) }) { first, _ in first }
        guard listed.count == manifest.members.count else {
            throw CommandError("\(ExportManifest.fileName) lists a member twice")
        }
        for name in Set(listed.keys).union(contents.members.keys).subtracting(own).sorted() {
            guard let entry = listed[name] else { throw CommandError("\(name) is not in \(ExportManifest.fileName)") }
            guard let member = contents.members[name] else { throw CommandError("\(name.onOneLine) is missing") }
            guard member.size == entry.size, member.digest == entry.sha256 else {
                throw CommandError("\(name) was changed")
            }
        }
    }

    private static func checkTranscripts(
        _ contents: ExportReader.Contents, _ manifest: ExportManifest
    ) throws -> Int {
        let names = contents.members.keys.filter {
            $0.hasPrefix(RunExport.transcriptFolder) && $0.hasSuffix(".transcript")
        }.sorted()
        for name in names {
            do {
                let data = try contents.bytes(of: name) ?? Data()
                let transcript = try Transcript(data, head: contents.bytes(of: name + ".head"), signer: nil)
                if let other = transcript.entries.first(where: { $0.run != manifest.run }) {
                    throw CommandError("it belongs to another run, \(other.run.onOneLine)")
                }
            } catch {
                throw CommandError("\(name): \((error as? FederationError)?.message ?? "\(error)")")
            }
        }
        return names.count
    }

    private static func checkRounds(_ contents: ExportReader.Contents, _ manifest: ExportManifest) throws -> Int {
        let run = try object(RunExport.run, contents)
        guard run["run"]?.stringValue == manifest.run else {
            throw CommandError(
                "\(RunExport.run) belongs to another run")
        }
        guard let data = try contents.bytes(of: RunExport.rounds) else {
            throw CommandError("\(RunExport.rounds) is missing")
        }
        let (lines, last) = try ExportedRounds.check(data)
        guard let done = run["done"]?.intValue, done == last else {
            throw CommandError(
                "\(RunExport.rounds) ends with round \(last), but \(RunExport.run) says that "
                    + "\(run["done"]?.intValue ?? 0) are done"
            )
        }
        return lines
    }

    /// Whether there is an adapter; it must be that of the last round.
    private static func checkAdapter(_ contents: ExportReader.Contents) throws -> Bool {
        let (run, adapter) = (
            try object(RunExport.run, contents), try object(RunExport.provenance, contents)["adapter"]
        )
        let there = contents.members.filter { $0.key.hasPrefix(RunExport.adapterFolder) }
        guard let adapter, !adapter.isNull else {
            guard there.isEmpty else {
                throw CommandError("\(RunExport.provenance) lists no adapter, but the export contains one")
            }
            return false
        }
        guard let rounds = adapter["rounds"]?.intValue, run["done"]?.intValue == rounds else {
            throw CommandError("the adapter is not that of the last round")
        }
        let files = (adapter["files"]?.objectValue ?? []).map {
            (RunExport.adapterFolder + $0.key, $0.value.stringValue)
        }
        guard files.count == there.count, !files.isEmpty else {
            throw CommandError("the adapter's files are not those that the run wrote in its last round")
        }
        for (name, digest) in files where there[name]?.digest != digest {
            throw CommandError("\(name) differs from what the run wrote in its last round")
        }
        return true
    }

    private static func object(_ name: String, _ contents: ExportReader.Contents) throws -> JSONValue {
        guard let data = try contents.bytes(of: name) else { throw CommandError("\(name) is missing") }
        guard let json = try? JSONValue(parsing: data, file: name), json.objectValue != nil else {
            throw CommandError("\(name) cannot be read")
        }
        return json
    }
}
