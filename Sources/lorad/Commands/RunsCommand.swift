import ArgumentParser
import Federation
import Foundation
import Models
import Tensors

/// `lorad runs`: what coordinators on this machine have done, and whom they let in.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List, show, control and export the runs coordinated on this machine.",
        discussion: """
            Examples:
              lorad runs list
              lorad runs show hospital-vqa
              lorad runs revoke hospital-vqa worker-3
              lorad runs pause hospital-vqa
              lorad runs token --role look --name grafana
            """,
        subcommands: [
            RunsListCommand.self, RunsShowCommand.self, RunsPauseCommand.self, RunsResumeCommand.self,
            RunsStopCommand.self, RunsRevokeCommand.self, RunsExtendCommand.self, RunsJoinTokenCommand.self,
            RunsAuditCommand.self, RunsTokenCommand.self, RunsExportCommand.self, RunsVerifyCommand.self,
        ])
}

/// Where the runs are.
struct RunsOptions: ParsableArguments {
    @Option(help: "The coordinator's state folder (default: ~/.local/state/lorad).")
    var state: String?

    func catalog() throws -> RunCatalog { try RunCatalog(folder: StateFolder(state).runs.path) }

    /// Every run, oldest first.
    func digests() throws -> [RunDigest] {
        let catalog = try catalog()
        return try catalog.runs().map { try digest(catalog.history(of: $0.run.name), process: $0.process) }
    }

    /// One run.
    func digest(of name: String) throws -> RunDigest {
        let catalog = try catalog()
        return try digest(catalog.history(of: name), process: catalog.process(of: name))
    }

    private func digest(_ history: RunHistory, process: Int32?) throws -> RunDigest {
        var digest = try RunDigest(history, process: process)
        digest.isPaused = try ControlState.read(in: StateFolder(state).run(digest.run.name)).isPaused
        return digest
    }
}

/// `lorad runs list`.
struct RunsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the runs.", discussion: "Example:\n  lorad runs list --json")

    @OptionGroup var options: RunsOptions

    @OptionGroup var remote: RemoteOptions

    @Flag(help: "Print one JSON object per line for each run.")
    var json = false

    func validate() throws { try remote.check(options) }

    func run() throws {
        if let coordinator = try remote.coordinator(needsToken: false) {
            return try coordinator.show("list", json: json)
        }
        let runs = try options.digests()
        if json { return runs.forEach { print($0.summary.text()) } }
        let style = ProgressStyle.standardOutput()
        let width = style.isTerminal ? style.columns : .max
        print(TextTable.list(of: runs).lines(width: width, usesColour: style.usesColour).joined(separator: "\n"))
    }
}

/// `lorad runs show`.
struct RunsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a run's workers and rounds.",
        discussion: """
            Examples:
              lorad runs show hospital-vqa
              lorad runs show hospital-vqa --config > run.yaml
              lorad runs show hospital-vqa --html run.html
            """)

    @Argument(help: "Name of the run.")
    var id: String

    @OptionGroup var options: RunsOptions

    @OptionGroup var remote: RemoteOptions

    @Option(help: "Number of rounds to list, counted from the last.")
    var last = 20

    @Flag(help: "Print one JSON object with every round.")
    var json = false

    @Flag(help: "Print only the run file that the run started with, as resolved.")
    var config = false

    @Option(help: "Write a self-contained HTML page with the run's curves.")
    var html: String?

    func validate() throws {
        try remote.check(options)
        guard remote.url == nil || !config && html == nil else {
            throw ValidationError("--config and --html need the coordinator's machine: leave out --url")
        }
        guard last >= 0 else { throw ValidationError("--last must not be negative") }
        guard !(json && config) else { throw ValidationError("--json has the run file in it: leave out --config") }
        guard html == nil || !(json || config) else {
            throw ValidationError("--html writes a file: leave out --json and --config")
        }
    }

    func run() throws {
        if let coordinator = try remote.coordinator(needsToken: false) {
            return try coordinator.show("show", json: json, of: id, last: last)
        }
        if let html { return try writePage(to: html) }
        let digest = try options.digest(of: id)
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

extension RunCatalog {
    /// The process that coordinates a run now, if any.
    func process(of name: String) throws -> Int32? { try runs().first { $0.run.name == name }?.process }
}
