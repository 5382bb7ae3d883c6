import ArgumentParser
import Federation
import Foundation
import Models

/// `lorad runs export`.
struct RunsExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Export a run as one signed archive: configuration, adapter, rounds, audit log and provenance.",
        discussion: """
            Example:
              lorad runs export hospital-vqa --output hospital-vqa.tar

            The same run produces the same bytes. The archive contains no keys, tokens or join lines. Check it on any machine with
            lorad runs verify.
            """)

    @Argument(help: "Name of the run.")
    var id: String

    @OptionGroup var options: RunsOptions

    @Option(help: "Archive to write.")
    var output: String

    @Flag(help: "Replace an existing archive.")
    var overwrite = false

    func run() throws {
        guard overwrite || !FileManager.default.fileExists(atPath: output) else {
            throw CommandError("\(output) already exists: give another file, or --overwrite")
        }
        let catalog = try options.catalog()
        let history = try catalog.history(of: id)
        let run = try history.run().name
        try catalog.whileNotCoordinated(run) {
            let export = try RunExport(history, folder: StateFolder(options.state).run(run))
            let (signer, count) = (try export.signer, try export.write(to: output))
            if export.adapter == nil {
                FileHandle.standardError.tell(
                    "the export contains no adapter: the run is not finished, or an earlier release finished it\n")
            }
            print("\(count) files of run \(run) written to \(output), signed by \(signer)")
        }
    }
}

/// `lorad runs verify`.
struct RunsVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check an archive that lorad runs export wrote, and report the first problem.",
        discussion: """
            Examples:
              lorad runs verify hospital-vqa.tar
              lorad runs verify hospital-vqa.tar --signer 5f0c…

            Without --signer, the command checks that the archive has not changed since it was signed, and prints the signing key:
            compare it with the key that the coordinator's operator gives you. Exit status 0 means valid, 1 invalid.
            """)

    @Argument(help: "Archive to check.")
    var file: String

    @Option(help: "Key that must have signed the archive: 64 hexadecimal digits, as lorad runs export prints them.")
    var signer: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() throws {
        do {
            let found = try ExportVerification(path: file, signer: signer?.lowercased())
            print(json ? report(found).text() : text(found))
        } catch  where json {
            print(report(problem: "\(error)").text())
            throw ExitCode(1)
        }
    }

    private func text(_ found: ExportVerification) -> String {
        let manifest = found.manifest
        return
            ([
                "run \(manifest.run): \(manifest.members.count + 2) files, \(found.rounds) rounds, "
                    + "\(found.auditLines) lines of the audit log, \(found.transcripts) transcripts, in order, "
                    + "written by lorad \(manifest.lorad)",
                "signed by \(manifest.signer)" + (signer == nil ? ": compare this key with the coordinator's" : ""),
            ] + found.notes).map(\.onOneLine).joined(separator: "\n")
    }

    private func report(_ found: ExportVerification) -> JSONValue {
        .object([
            .init("file", .string(file)), .init("ok", .bool(true)), .init("run", .string(found.manifest.run)),
            .init("signer", .string(found.manifest.signer)), .init("coordinator", .string(found.manifest.coordinator)),
            .init("rounds", .int(found.rounds)), .init("audit_lines", .int(found.auditLines)),
            .init("transcripts", .int(found.transcripts)), .init("notes", .array(found.notes.map { .string($0) })),
        ])
    }

    private func report(problem: String) -> JSONValue {
        .object([.init("file", .string(file)), .init("ok", .bool(false)), .init("problem", .string(problem))])
    }
}
