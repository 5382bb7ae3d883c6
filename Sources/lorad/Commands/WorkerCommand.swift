import ArgumentParser
import Foundation
import Training
import Transports

/// `lorad worker`: computes for a coordinator.
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Train for a coordinator.",
        discussion: """
            Example:
              lorad worker --join 'tcp://HOST:7700?key=…&token=…'
              lorad worker --join 'wss://HOST/lorad?key=…&token=…' --proxy http://proxy:3128

            The configuration, the base model and the data come from the coordinator. In a federated run, the data is this
            worker's own: --data.
            """)

    @Option(help: "The join line that the coordinator printed, in quotes.")
    var join: String?

    @Option(
        help:
            "File that contains the join line. Unlike --join, it does not show the secret to other users of this machine."
    )
    var joinFile: String?

    @Option(help: "YAML file that says what this site allows. The worker refuses everything else.")
    var policy: String?

    @Flag(help: "Print a commented example of a policy file and exit.")
    var policyExample = false

    @Option(help: "Folder that contains the base model, so that it is not fetched. Its fingerprint is checked.")
    var model: String?

    @Option(
        help: """
            Folder in which to look for the run file's model.path before fetching the base model. Repeatable. Without it, \
            nothing is looked up, because the coordinator would learn which paths exist.
            """)
    var modelRoot: [String] = []

    @Option(
        help: "This worker's own data for a federated run: a file, folder or range. It never leaves this machine.")
    var data: String?

    @Option(help: "This worker's own validation data. Only sums are reported.")
    var validation: String?

    @Option(help: "Train with a lower rank than the run's, if its aggregation allows different ranks.")
    var rank: Int?

    @Option(help: "Folder that contains the images of the data.")
    var images = "."

    @Flag(help: "Send only masked updates (secure aggregation).")
    var requireSecureAggregation = false

    @Option(help: "Take part only in sums of at least this many workers.")
    var fewestWorkers = 3

    @Option(
        help: "Take part only if opening a sum needs at least this share of a round's workers; more than 0.5.")
    var threshold = 0.67

    @Option(
        help: "File with the signing keys of the other workers, one per line. Other keys are not trusted.")
    var peers: String?

    @Option(help: "Take part only if at least this share of the workers in --peers is in the round.")
    var peerShare = 0.5

    @Option(
        help:
            "Number of other workers in a sum assumed to collude with the coordinator. Their noise does not count."
    )
    var colluders = 1

    @Flag(help: "Send only updates to which this worker has added noise.")
    var requireNoise = false

    @Option(help: "Stop before this worker's own ledgers of all runs together exceed this epsilon.")
    var maxEpsilon: Double?

    @Option(help: "Largest delta at which this worker counts epsilon, whatever the run file says.")
    var delta = 1e-5

    @Option(help: "Name of this worker (default: the host name).")
    var name: String?

    @Option(help: "Number of compute threads (default: the number of available cores).")
    var lanes: Int?

    @Option(help: "Folder for keys and downloads (default: ~/.local/state/lorad and ~/.cache/lorad).")
    var state: String?

    @Option(help: "Maximum size of the downloads, in gigabytes.")
    var cacheSize = 100.0

    @Flag(help: "Print events as JSON, one object per line, instead of a progress bar.")
    var json = false

    @Option(help: "Format of this worker's own data; auto detects it from the content.")
    var format = DataFormat.automatic

    @OptionGroup var link: LinkOptions

    @OptionGroup var columns: ColumnOptions

    @Option(help: "File with the names of the class numbers in .cls members of this worker's archives, one per line.")
    var classes: String?

    @Option(help: "Folder for the cached image features of this worker's own data, shared between runs.")
    var featureCache: String?

    @Flag(
        help:
            "Skip examples and images that cannot be used, and list them. Every image is decoded before training starts."
    )
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
        throw StoppedEarly("outside the hours of --only; the same command joins the run again")
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
                "\(joinFile): no such file, or it cannot be read: expected a file with the line that the "
                    + "coordinator printed"
            )
        }
        return String(decoding: data.prefix(1 << 16), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
