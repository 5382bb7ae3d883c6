import Adapters
import Crypto
import Federation
import Foundation

/// What a run's adapter was when its coordinator had written it: kept in the run's ledger, which is only ever added to.
struct AdapterRecord: Codable, Equatable {
    private static let kind = "adapter"
    /// The files that an adapter folder may have of a run.
    private static let names = [
        AdapterFolder.configurationFile, AdapterFolder.weightsFile, AdapterBase.file, "tokenizer.json",
        "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja", "chat_template.json",
    ]

    /// Rounds, or steps, that it is the result of.
    var rounds: Int
    /// The folder that it was written to.
    var folder: String
    /// SHA-256 of each file.
    var files: [String: String]

    /// Reads the files of a folder that a run has just written.
    ///
    /// - Throws: `CommandError` if one cannot be read.
    init(rounds: Int, folder: URL) throws {
        (self.rounds, self.folder) = (rounds, folder.standardizedFileURL.path)
        files = try Self.names.reduce(into: [:]) { files, name in
            let path = folder.appending(path: name).path
            guard FileManager.default.fileExists(atPath: path) else { return }
            files[name] = try ExportMember(name, file: path).digest
        }
    }

    /// The record of a run's last end, if it was written since the run was begun.
    ///
    /// - Throws: what is wrong with the ledger.
    init?(_ history: RunHistory) throws {
        let begun = try history.run().created
        guard let entry = try history.ledger().last(where: { $0.kind == Self.kind && $0.time >= begun }) else {
            return nil
        }
        self = try JSONDecoder().decode(Self.self, from: Data(entry.entry.utf8))
    }

    /// The row of the ledger.
    func entry(at time: Date) throws -> LedgerEntry {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return LedgerEntry(
            kind: Self.kind, time: time, entry: String(decoding: try encoder.encode(self), as: UTF8.self))
    }

    /// The files as members of an export.
    ///
    /// - Throws: `CommandError` for one that is not there, or not as the run wrote it.
    func members() throws -> [ExportMember] {
        try files.sorted { $0.key < $1.key }.map { name, digest in
            let path = "\(folder)/\(name)"
            let member = try ExportMember(RunExport.adapterFolder + name, file: path)
            guard member.digest == digest else {
                throw CommandError("\(path) has changed since the run wrote it in its last round: restore that file")
            }
            return member
        }
    }
}
