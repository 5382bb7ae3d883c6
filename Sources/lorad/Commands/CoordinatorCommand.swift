import ArgumentParser
import Foundation
import Transports

/// `lorad coordinator`: a run that workers share.
struct CoordinatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Coordinate a run over several workers.",
        discussion: """
            Example:
              lorad coordinator --config configs/tiny-distributed.yaml --listen tcp://0.0.0.0:7700
              lorad coordinator --config configs/tiny-federated.yaml --dashboard 127.0.0.1:9800

            Prints the line that workers join with. The same command continues a run that was interrupted.
            """)

    @Option(help: "The run file (YAML).")
    var config: String

    @Option(
        help: """
            Address to listen on: tcp://HOST:PORT, ws://HOST:PORT or ipc:///PATH. The next port is used too, unless \
            --one-port is given.
            """)
    var listen = "tcp://0.0.0.0:7700"

    @Option(
        help: """
            Address in the join line, if workers reach the coordinator by another one, such as tcp://HOST:7700. Behind a \
            reverse proxy: wss://HOST/PATH, which implies --one-port.
            """)
    var advertise: String?

    @Flag(help: "Serve control requests, downloads and uploads on one port.")
    var onePort = false

    @Option(
        name: .customLong("set"), help: "Override a key of the run file, for example --set training.seed=7. Repeatable."
    )
    var overrides: [String] = []

    @Option(help: "Folder for keys and state (default: ~/.local/state/lorad).")
    var state: String?

    @Option(help: "File of public keys that may join, one per line. Tokens then admit nobody else.")
    var keys: String?

    @Option(help: "Hours for which the join line admits new workers.")
    var tokenHours = 24.0

    @Option(
        help: """
            Number of new workers that one join line admits (default: one in a federated run, any number in a distributed \
            run). A new line is printed when it is used up.
            """)
    var tokenUses: Int?

    @Option(
        help: "File to write the join line to, for scripts. The line is a secret: only the file's owner may read it.")
    var joinFile: String?

    @Option(
        help: """
            Address on which to serve Prometheus metrics over HTTP, for example 127.0.0.1:9700. If other machines can reach \
            it, reading the metrics takes an access token.
            """)
    var metrics: String?

    @Option(
        help: """
            Address on which to serve a live page of the run, for example 127.0.0.1:9800. On a loopback address the page \
            also shows the join line; on others, it takes an access token or the URL that is printed.
            """)
    var dashboard: String?

    @Flag(
        help: """
            Keep serving --metrics and --dashboard after the run has finished, until SIGTERM or Ctrl-C, and when started \
            again. For supervisors that restart whatever exits.
            """)
    var keepServing = false

    @Option(
        help: """
            When the page and the metrics require an access token (lorad runs token): auto (on addresses that other \
            machines can reach), always, or never. Actions always require one.
            """)
    var requireToken = TokenRule.auto

    @Flag(help: "Turn off encryption and authentication.")
    var insecure = false

    @Flag(help: "Print events as JSON, one object per line, instead of a table.")
    var json = false

    @Flag(help: "Start the run from scratch and replace its files in the output folder.")
    var overwrite = false

    @Flag(
        help:
            "Skip examples and images that cannot be used, and list them. Every image is decoded before training starts."
    )
    var skipBadRows = false

    func validate() throws {
        guard tokenHours > 0, tokenHours.isFinite else { throw ValidationError("--token-hours must be above 0") }
        if let tokenUses, tokenUses < 1 { throw ValidationError("--token-uses must be at least 1") }
        guard !keepServing || metrics != nil || dashboard != nil else {
            throw ValidationError("--keep-serving needs --metrics or --dashboard: there is nothing to serve")
        }
    }

    func run() throws {
        let document = try RunFile.document(path: config, overrides: overrides)
        let configuration = try RunFile.configuration(of: document)
        let display = ProgressDisplay(json: json)
        let facts = RunFacts(configuration, document: document)
        let rules = AdviceRules.ofUnused + AdviceRules.ofLosses
        for advice in rules.flatMap({ $0.advice(facts) }) { display.say(advice.text) }
        let advertised = try advertise.map { try Self.endpoint($0, "--advertise") }
        let access = CoordinatorRun.Access(
            endpoint: try Self.listened(listen),
            advertised: advertised?.description, hasOneEndpoint: onePort || advertised?.scheme == .wss,
            isInsecure: insecure,
            listedKeys: keys, tokenLifetime: tokenHours * 3_600, tokenUses: tokenUses, joinFile: joinFile,
            metrics: try metrics.map { try HTTPAddress($0, option: "--metrics") },
            dashboard: try dashboard.map { try HTTPAddress($0, option: "--dashboard") }, keepsServing: keepServing,
            tokenRule: requireToken)
        if keepServing, !overwrite, let finished = try FinishedRun(configuration, in: StateFolder(state)) {
            return try finished.serve(access, display)
        }
        let run = try CoordinatorRun(
            configuration, state: StateFolder(state), access: access, overwrite: overwrite, skipsBadRows: skipBadRows,
            say: display.say)
        try run.serve(display)
    }

    /// An address to listen on.
    private static func listened(_ text: String) throws -> Endpoint {
        let endpoint = try endpoint(text, "--listen")
        guard endpoint.scheme != .wss else {
            throw CommandError(
                "--listen \(text): the coordinator does not speak TLS: listen on ws://127.0.0.1:7700, let a reverse "
                    + "proxy forward to it (cluster/proxy/nginx.conf), and give --advertise \(text)"
            )
        }
        return endpoint
    }

    /// An address that other processes can reach.
    private static func endpoint(_ text: String, _ option: String) throws -> Endpoint {
        do {
            let endpoint = try Endpoint(text)
            if endpoint.scheme != .inproc { return endpoint }
        } catch {
            throw CommandError("\(option) \(error)")
        }
        throw CommandError(
            "\(option) \(text) is an address inside one process: expected tcp://HOST:PORT, ws://HOST:PORT, "
                + "wss://HOST/PATH or ipc:///PATH"
        )
    }
}
