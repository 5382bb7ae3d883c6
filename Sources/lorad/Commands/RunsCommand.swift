import ArgumentParser
import Federation
import Foundation
import Models
import Tensors

/// `lorad runs`: what coordinators on this machine have done, and whom they let in.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "Lists and shows the runs coordinated on this machine, and revokes workers.",
        discussion: """
            Examples:
              lorad runs list
              lorad runs show hospital-vqa
              lorad runs revoke hospital-vqa worker-3
            """,
        subcommands: [RunsListCommand.self, RunsShowCommand.self, RunsRevokeCommand.self])
}

/// Where the runs are.
struct RunsOptions: ParsableArguments {
    @Option(help: "The folder that the coordinator keeps its state in; ~/.local/state/lorad unless given.")
    var state: String?

    func catalog() throws -> RunCatalog { try RunCatalog(folder: StateFolder(state).runs.path) }
}

/// `lorad runs list`.
struct RunsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the runs.", discussion: "Example:\n  lorad runs list --json")

    @OptionGroup var options: RunsOptions

    @Flag(help: "Prints one JSON object a line for each run.")
    var json = false

    func run() throws {
        let runs = try options.catalog().digests()
        if json { return runs.forEach { print($0.summary.text()) } }
        let style = ProgressStyle.standardOutput()
        let width = style.isTerminal ? style.columns : .max
        print(TextTable.list(of: runs).lines(width: width, usesColour: style.usesColour).joined(separator: "\n"))
    }
}

/// `lorad runs show`.
struct RunsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows a run's workers and rounds.",
        discussion: """
            Examples:
              lorad runs show hospital-vqa
              lorad runs show hospital-vqa --config > run.yaml
              lorad runs show hospital-vqa --html run.html
            """)

    @Argument(help: "The run's name.")
    var id: String

    @OptionGroup var options: RunsOptions

    @Option(help: "How many rounds to list, the last ones.")
    var last = 20

    @Flag(help: "Prints one JSON object, with every round.")
    var json = false

    @Flag(help: "Prints the run file that the run was begun with, as resolved, and nothing else.")
    var config = false

    @Option(help: "Writes a page with the run's curves to a file, which needs nothing else to be looked at.")
    var html: String?

    func validate() throws {
        guard last >= 0 else { throw ValidationError("--last must not be negative") }
        guard !(json && config) else { throw ValidationError("--json has the run file in it: leave out --config") }
        guard html == nil || !(json || config) else {
            throw ValidationError("--html writes a file: leave out --json and --config")
        }
    }

    func run() throws {
        if let html { return try writePage(to: html) }
        let digest = try options.catalog().digest(of: id)
        if config { return print(digest.run.configuration, terminator: "") }
        print(json ? digest.json.text() : digest.text(.standardOutput(), limit: last))
    }

    private func writePage(to path: String) throws {
        let catalog = try options.catalog()
        var page = try RunPage(catalog.history(of: id), process: catalog.process(of: id))
        page.written = Date()
        try AtomicFile.write(PageMarkup.file(page), to: path)
        print("page written to \(path)")
    }
}

/// `lorad runs revoke`.
struct RunsRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Shuts a worker out of a run for good.",
        discussion: """
            Example:
              lorad runs revoke hospital-vqa 3f9a

            A coordinator that is running ends the worker's sessions within seconds. Its key cannot come back to this run.
            """)

    @Argument(help: "The run's name.")
    var id: String

    @Argument(help: "The worker's fingerprint, the beginning of it, or its name.")
    var worker: String

    @OptionGroup var options: RunsOptions

    func run() throws {
        let catalog = try options.catalog()
        let digest = try catalog.digest(of: id)
        let record = try WorkerChoice(run: digest.run.name, workers: digest.workers.map(\.record)).worker(worker)
        let title = "\(record.name.onOneLine) (\(record.fingerprint))"
        if record.isRevoked { return print("\(title) is revoked already") }
        try catalog.revokeWorker(record.fingerprint, of: digest.run.name)
        print(
            digest.process == nil
                ? "\(title) is revoked: it cannot join run \(digest.run.name) again"
                : "\(title) is revoked: the coordinator (process \(digest.process ?? 0)) shuts it out within seconds")
    }
}

extension RunCatalog {
    /// Every run, oldest first.
    fileprivate func digests() throws -> [RunDigest] {
        try runs().map { try RunDigest(history(of: $0.run.name), process: $0.process) }
    }

    /// One run.
    fileprivate func digest(of name: String) throws -> RunDigest {
        try RunDigest(history(of: name), process: process(of: name))
    }

    /// The process that coordinates a run now, if any.
    fileprivate func process(of name: String) throws -> Int32? { try runs().first { $0.run.name == name }?.process }
}
