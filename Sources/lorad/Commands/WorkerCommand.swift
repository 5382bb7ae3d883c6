import ArgumentParser
import Foundation
import Transports

/// `lorad worker`: computes for a coordinator.
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Works for a coordinator.",
        discussion: """
            Example:
              lorad worker --join 'tcp://HOST:7700?key=…&token=…'

            Configuration, base model and data come from the coordinator. In a federated run the data is this machine's: --data.
            """)

    @Option(help: "The line that the coordinator printed, in quotes.")
    var join: String

    @Option(help: "A folder with the base model, in place of fetching it; its fingerprint is checked.")
    var model: String?

    @Option(help: "What people call this worker; the machine's name unless given.")
    var name: String?

    @Option(help: "Threads to compute on; as many as cores unless given.")
    var lanes: Int?

    @Option(help: "The folder for keys and downloads; ~/.local/state/lorad and ~/.cache/lorad unless given.")
    var state: String?

    @Option(help: "Gigabytes that downloads may take.")
    var cacheSize = 100.0

    @Flag(help: "Prints one JSON object a line for everything that happens, instead of a bar.")
    var json = false

    func validate() throws {
        if let lanes, lanes < 1 { throw ValidationError("--lanes must be at least 1") }
        guard (0...1e9).contains(cacheSize) else { throw ValidationError("--cache-size must be 0 to 1e9 gigabytes") }
    }

    func run() throws {
        let display = ProgressDisplay(json: json)
        defer { display.finish() }
        StopSignal.listen()
        let worker = try WorkerRun(
            JoinLine(text: join), model: model, name: name, lanes: lanes, state: StateFolder(state),
            cacheLimit: Int(cacheSize * 1e9), display: display)
        try worker.work()
    }
}
