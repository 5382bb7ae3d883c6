import ArgumentParser
import Foundation
import Transports

/// `lorad coordinator`: a run that workers share.
struct CoordinatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Shares a run out over workers.",
        discussion: """
            Example:
              lorad coordinator --config configs/tiny-distributed.yaml --listen tcp://0.0.0.0:7700
              lorad coordinator --config configs/tiny-federated.yaml --dashboard 127.0.0.1:9800

            Prints the line that workers join with. The same command goes on with a run that was interrupted.
            """)

    @Option(help: "The run file.")
    var config: String

    @Option(
        help: """
            Where to listen: tcp://HOST:PORT, ws://HOST:PORT or ipc:///PATH. The next port is used too, unless --one-port \
            is given.
            """)
    var listen = "tcp://0.0.0.0:7700"

    @Option(
        help: """
            The address in the join line if workers reach the coordinator by another, such as tcp://HOST:7700. Behind a \
            reverse proxy: wss://HOST/PATH, which implies --one-port.
            """)
    var advertise: String?

    @Flag(help: "Serves control requests, downloads and uploads on the same port.")
    var onePort = false

    @Option(name: .customLong("set"), help: "Overrides a key of the run file: --set training.seed=7.")
    var overrides: [String] = []

    @Option(help: "The folder for keys and state; ~/.local/state/lorad unless given.")
    var state: String?

    @Option(help: "A file with the public keys that may join, one a line; no token admits others then.")
    var keys: String?

    @Option(help: "Hours for which the join line admits new workers.")
    var tokenHours = 24.0

    @Option(
        help: """
            Number of new workers that one join line admits; a new line is printed when it is used up. One in a federated \
            run and any number in a distributed run unless given.
            """)
    var tokenUses: Int?

    @Option(
        help: "A file to write the join line to, for scripts; it is a secret, and only its owner may read the file.")
    var joinFile: String?

    @Option(
        help: """
            Serves Prometheus metrics over HTTP, as 127.0.0.1:9700. On an address that other machines reach, reading them \
            takes an access token.
            """)
    var metrics: String?

    @Option(
        help: """
            Serves a page that shows the run as it goes, as 127.0.0.1:9800. On a loopback address it also tells the join \
            line; on others, looking takes an access token or the address that is printed.
            """)
    var dashboard: String?

    @Flag(
        help: """
            Keeps serving --metrics and --dashboard after the run has finished, until SIGTERM or Ctrl-C, also when started \
            again: for supervisors that restart whatever ends.
            """)
    var keepServing = false

    @Option(
        help: """
            When looking at page and metrics takes an access token (lorad runs token): auto for addresses that other \
            machines reach, always, or never. Acting on the run always takes one.
            """)
    var requireToken = TokenRule.auto

    @Flag(help: "Neither encrypts nor authenticates anything.")
    var insecure = false

    @Flag(help: "Prints one JSON object a line for everything that happens, instead of a table.")
    var json = false

    @Flag(help: "Begins the run anew, and replaces what it left in the output folder.")
    var overwrite = false

    @Flag(help: "Leaves out rows and pictures that cannot be used, and names them; every picture is decoded first.")
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
                "--listen \(text): the coordinator speaks no TLS: listen on ws://127.0.0.1:7700, let a reverse proxy forward "
                    + "to it (cluster/proxy/nginx.conf), and give --advertise \(text)")
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
            "\(option) \(text) is an address within one process: expected tcp://HOST:PORT, ws://HOST:PORT, wss://HOST/PATH "
                + "or ipc:///PATH"
        )
    }
}
