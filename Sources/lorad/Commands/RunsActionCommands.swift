import ArgumentParser
import Federation
import Foundation
import Transports

/// Where a coordinator on another machine is asked.
struct RemoteOptions: ParsableArguments {
    @Option(
        help: """
            URL of the run's page on another machine, http://HOST:PORT or https://HOST. Actions require a token with the role \
            manage, viewing one with the role look.
            """)
    var url: String?

    @Option(help: "File that contains the access token (default: the environment variable LORAD_TOKEN).")
    var tokenFile: String?

    @Option(help: "PEM file of certificate authorities to trust in addition to the system's, for https://.")
    var caFile: String?

    /// The coordinator, if one is named.
    ///
    /// - Parameter needsToken: whether there is nothing to ask without a token.
    func coordinator(needsToken: Bool = true) throws -> RemoteCoordinator? {
        try url.map {
            try RemoteCoordinator(url: $0, tokenFile: tokenFile, authorityFile: caFile, needsToken: needsToken)
        }
    }

    /// - Throws: `ValidationError` for options that do not go together.
    func check(_ options: RunsOptions) throws {
        guard tokenFile == nil || url != nil else { throw ValidationError("--token-file is for --url") }
        guard caFile == nil || url != nil else { throw ValidationError("--ca-file is for --url") }
        guard url == nil || options.state == nil else { throw ValidationError("give either --url or --state") }
    }
}

/// The run that an action is about, and where its state is.
struct RunsActionOptions: ParsableArguments {
    @Argument(help: "Name of the run.")
    var id: String

    @OptionGroup var options: RunsOptions

    @OptionGroup var remote: RemoteOptions

    func validate() throws { try remote.check(options) }

    /// Lets the run's coordinator perform an action. Without a coordinator, does what is possible in the run's folder.
    ///
    /// - Throws: why it cannot be done.
    func perform(_ action: RunAction) throws -> ActionReport {
        if let coordinator = try remote.coordinator() { return try coordinator.perform(action, of: id) }
        let catalog = try options.catalog()
        let run = try catalog.history(of: id).run().name
        let folder = StateFolder(options.state).run(run)
        let user = Requester.user()
        let own = { [self] in try control(of: run, in: folder, catalog).perform(action, by: user) }
        guard try catalog.process(of: run) != nil else { return try catalog.whileNotCoordinated(run, own) }
        do {
            return try ControlDesk(run: folder).ask(action, by: user) { (try? catalog.process(of: run)) != nil }
        } catch let silence as ControlDesk.Silence {
            // The store is enough for this: a coordinator looks there whenever it is able to.
            guard case .revoke = action else { throw silence }
            return try own()
        }
    }

    /// What can be done without a coordinator that answers.
    private func control(of run: String, in folder: URL, _ catalog: RunCatalog) throws -> RunControl {
        let identity = try IdentityKey(loading: folder.appending(path: "keys/coordinator.key").path)
        let journal = try ActionJournal(run: run, folder: folder, identity: identity)
        let means = RunControl.Means(revoke: { worker in try catalog.revoke(worker, of: run) })
        return RunControl(run: run, folder: folder, journal: journal, means: means)
    }

    /// Performs it and prints the result.
    func run(_ action: RunAction) throws { print(try perform(action).text) }
}

extension RunCatalog {
    /// Revokes a worker of a run that is not being coordinated.
    ///
    /// - Returns: what people are told.
    fileprivate func revoke(_ text: String, of run: String) throws -> String {
        let record = try WorkerChoice(run: run, workers: history(of: run).workers()).worker(text)
        let title = "\(record.name.onOneLine) (\(record.fingerprint))"
        if record.isRevoked { return "\(title) is already revoked" }
        try revokeWorker(record.fingerprint, of: run)
        return "\(title) is revoked: it cannot join run \(run) again"
    }
}

/// `lorad runs pause`.
struct RunsPauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Pause a run: no further round or step begins.",
        discussion: """
            Example:
              lorad runs pause hospital-vqa

            A round or step that is in progress is finished. Workers wait. The run stays paused if its coordinator is
            restarted.
            """)

    @OptionGroup var target: RunsActionOptions

    func run() throws { try target.run(.pause) }
}

/// `lorad runs resume`.
struct RunsResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Continue a paused run.",
        discussion: "Example:\n  lorad runs resume hospital-vqa")

    @OptionGroup var target: RunsActionOptions

    func run() throws { try target.run(.resume) }
}

/// `lorad runs stop`.
struct RunsStopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop a run's coordinator after saving its state, as SIGTERM does.",
        discussion: """
            Example:
              lorad runs stop hospital-vqa

            The same `lorad coordinator` command continues the run.
            """)

    @OptionGroup var target: RunsActionOptions

    func run() throws { try target.run(.stop) }
}

/// `lorad runs revoke`.
struct RunsRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Exclude a worker from a run permanently.",
        discussion: """
            Example:
              lorad runs revoke hospital-vqa 3f9a

            A running coordinator ends the worker's sessions within seconds. Its key cannot join this run again.
            """)

    @OptionGroup var target: RunsActionOptions

    @Argument(help: "The worker's fingerprint, a prefix of it, or its name.")
    var worker: String

    func run() throws { try target.run(.revoke(worker: worker)) }
}

/// `lorad runs extend`.
struct RunsExtendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend", abstract: "Give the workers of the open round more time.",
        discussion: """
            Example:
              lorad runs extend hospital-vqa --by 15m

            Postpones the deadline that federation.round_deadline set for this round. The round still needs as many results.
            """)

    @OptionGroup var target: RunsActionOptions

    @Option(help: "Extra time, for example 90s, 15m or 2h.")
    var by: Lifetime

    func validate() throws {
        guard let seconds = by.seconds, seconds <= 1_000_000 else {
            throw ValidationError("--by must be at most 1000000s")
        }
    }

    func run() throws { try target.run(.extend(seconds: by.seconds ?? 0)) }
}

/// `lorad runs join-token`.
struct RunsJoinTokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join-token", abstract: "Create another join line for new workers.",
        discussion: """
            Examples:
              lorad runs join-token hospital-vqa
              lorad runs join-token hospital-vqa --uses 3 --hours 72

            Earlier lines stay valid. In a federated run the line admits one worker unless --uses says otherwise. The line is a
            secret.
            """)

    @OptionGroup var target: RunsActionOptions

    @Option(help: "Number of new workers that the line admits.")
    var uses: Int?

    @Option(help: "Hours for which the line is valid (default: the coordinator's --token-hours).")
    var hours: Double?

    func validate() throws {
        if let uses, !(1...10_000).contains(uses) { throw ValidationError("--uses must be from 1 to 10000") }
        if let hours, !(hours > 0 && hours <= 8_760) {
            throw ValidationError("--hours must be above 0 and at most 8760")
        }
    }

    func run() throws {
        let report = try target.perform(.joinToken(uses: uses, hours: hours))
        FileHandle.standardError.tell(report.text + "\n")
        if let line = report.joinLine { print(line) }
    }
}
