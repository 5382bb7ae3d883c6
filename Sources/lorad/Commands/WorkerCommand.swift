import ArgumentParser
import Foundation
import Training
import Transports

/// `lorad worker`: computes for a coordinator.
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Works for a coordinator.",
        discussion: """
            Example:
              lorad worker --join 'tcp://HOST:7700?key=…&token=…'
              lorad worker --join 'wss://HOST/lorad?key=…&token=…' --proxy http://proxy:3128

            Configuration, base model and data come from the coordinator. In a federated run the data is this machine's: --data.
            """)

    @Option(help: "The line that the coordinator printed, in quotes.")
    var join: String?

    @Option(help: "A file with that line, in place of --join: other users see what a command is called with.")
    var joinFile: String?

    @Option(help: "What this site allows, a YAML file: the worker takes no part in anything else.")
    var policy: String?

    @Flag(help: "Prints such a file with comments, and exits.")
    var policyExample = false

    @Option(help: "A folder with the base model, in place of fetching it; its fingerprint is checked.")
    var model: String?

    @Option(
        help: """
            A folder in which the run file's model.path is looked up before the base model is fetched; may be given more \
            than once. Nothing is looked up unless given: the coordinator would learn which paths exist.
            """)
    var modelRoot: [String] = []

    @Option(
        help: "This worker's own data, for a federated run: a file, folder or range. It does not leave this machine.")
    var data: String?

    @Option(help: "Data of this worker's own to evaluate on; only sums are told.")
    var validation: String?

    @Option(help: "Trains with a rank below the run's, where its aggregation lets ranks differ.")
    var rank: Int?

    @Option(help: "The folder that the data's pictures lie in.")
    var images = "."

    @Flag(help: "Sends nothing but masked updates.")
    var requireSecureAggregation = false

    @Option(help: "The fewest workers of a sum that this one takes part in.")
    var fewestWorkers = 3

    @Option(
        help: "The least share of a round's workers that may open a sum that this one takes part in, above one half.")
    var threshold = 0.67

    @Option(
        help: "A file with the signing keys of the other workers, one a line: nobody else is taken for one of them.")
    var peers: String?

    @Option(help: "The smallest share of the workers in --peers that may begin a round with this one.")
    var peerShare = 0.5

    @Option(
        help:
            "Workers of a sum, besides this one, that may be in league with the coordinator: their noise does not count."
    )
    var colluders = 1

    @Flag(help: "Sends nothing without noise that this worker adds.")
    var requireNoise = false

    @Option(help: "Works only as long as what it gives away in a run stays within this epsilon, by its own ledger.")
    var maxEpsilon: Double?

    @Option(help: "The largest delta at which this worker counts epsilon, whatever the run file says.")
    var delta = 1e-5

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

    @Option(help: "How this worker's own data is written; auto recognises it by what it holds.")
    var format = DataFormat.automatic

    @OptionGroup var link: LinkOptions

    @OptionGroup var columns: ColumnOptions

    @Option(help: "Names for the class numbers in .cls members of this worker's archives: a file with one per line.")
    var classes: String?

    @Option(help: "A folder to keep what frozen vision layers make of this worker's own pictures, shared between runs.")
    var featureCache: String?

    @Flag(help: "Leaves out rows and pictures that cannot be used, and names them; every picture is decoded first.")
    var skipBadRows = false

    func validate() throws {
        guard policyExample || (join == nil) != (joinFile == nil) else {
            throw ValidationError("give --join or --join-file")
        }
        if let rank, rank < 1 { throw ValidationError("--rank must be at least 1") }
        if let lanes, !LaneCount.range.contains(lanes) {
            throw ValidationError("--lanes must be from 1 to \(LaneCount.range.upperBound)")
        }
        if let name { try WorkerPlace.checkName(name) }
        if fewestWorkers < 2 { throw ValidationError("--fewest-workers must be at least 2") }
        guard threshold > 0.5, threshold <= 1 else {
            throw ValidationError("--threshold must be above 0.5 and at most 1")
        }
        guard peerShare > 0, peerShare <= 1 else {
            throw ValidationError("--peer-share must be above 0 and at most 1")
        }
        if colluders < 1 { throw ValidationError("--colluders must be at least 1") }
        guard delta > 0, delta < 1 else { throw ValidationError("--delta must be above 0 and below 1") }
        if let maxEpsilon, !(maxEpsilon > 0) { throw ValidationError("--max-epsilon must be above 0") }
        guard (0...1e9).contains(cacheSize) else { throw ValidationError("--cache-size must be 0 to 1e9 gigabytes") }
    }

    func run() throws {
        if policyExample { return print(PolicyFile.example) }
        let display = ProgressDisplay(json: json)
        defer { display.finish() }
        guard let hours = link.hours else {
            try makeRun(display).work()
            return
        }
        while hours.waitUntilOpen(display.say) {
            if try makeRun(display).work(while: { hours.isOpen() }) { return }
        }
        throw StoppedEarly("outside of the hours of --only; the same command joins the run again")
    }

    /// Opens this worker's identity, cache and policy.
    private func makeRun(_ display: ProgressDisplay) throws -> WorkerRun {
        try WorkerRun(
            JoinLine(text: line()), outbound: link.outbound(), models: .init(own: model, roots: modelRoot),
            data: data.map {
                .init(
                    train: $0, validation: validation, images: images, format: format, columns: columns.columns,
                    separator: columns.separator, classes: classes, skipsBadRows: skipBadRows,
                    featureCache: featureCache ?? "")
            },
            rank: rank, name: name, lanes: lanes,
            policy: policy.map { try PolicyFile(path: $0) },
            demand: .init(
                peers: [peers].compactMap(\.self), isRequired: requireSecureAggregation, fewestWorkers: fewestWorkers,
                threshold: threshold, colluders: colluders, peerShare: peerShare, requiresNoise: requireNoise,
                maxEpsilon: maxEpsilon, delta: delta),
            state: StateFolder(state), cacheLimit: Int(cacheSize * 1e9), display: display)
    }

    /// The join line, wherever it is.
    private func line() throws -> String {
        guard let joinFile else { return join ?? "" }
        guard let data = FileManager.default.contents(atPath: joinFile) else {
            throw CommandError(
                "\(joinFile): no such file, or it cannot be read: it holds the line that the coordinator printed")
        }
        return String(decoding: data.prefix(1 << 16), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
