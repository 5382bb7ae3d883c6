import ArgumentParser
import Foundation

/// `lorad demo run`: federates, and compares.
struct DemoRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Train an adapter with three federated workers and compare it with what each reaches alone.",
        discussion: """
            Examples:
              lorad demo
              lorad demo run --workers 5 --keep out/demo

            Images of a kind that the bundled model does not know are split unevenly. Each worker trains alone; then all train
            together under secure aggregation, and one of them is killed half-way; then one process trains on all the data.
            Nothing is downloaded. Every process is an ordinary lorad process that could run on another machine.
            """)

    @Option(help: "Empty folder in which to keep all files (default: a temporary folder).")
    var keep: String?

    @Option(help: "Number of workers.")
    var workers = 3

    @Option(help: "Random seed for images, data split and adapters.")
    var seed: UInt64 = 1

    @Flag(help: "Add differential privacy for each example, with a budget of epsilon 8.")
    var dp = false

    @Flag(help: "Run a small version that ends in seconds but learns little.")
    var fast = false

    @Flag(help: "Replace the files of an earlier demonstration in the folder.")
    var overwrite = false

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func validate() throws {
        guard (3...16).contains(workers) else {
            throw ValidationError("--workers must be 3 to 16: a sum of fewer than three updates hides little")
        }
    }

    func run() throws {
        var settings = fast ? DemoSettings.fast : DemoSettings()
        settings.workers = workers
        settings.seed = seed
        if dp { settings.epsilon = 8 }
        let folder = DemoFolder(url: try place(), settings: settings)
        let display = ProgressDisplay()
        let report = try DemoRun(folder: folder, say: display.say).run()
        print(json ? try report.json() : report.text)
    }

    /// An empty folder.
    private func place() throws -> URL {
        let files = FileManager.default
        guard let keep else {
            return files.temporaryDirectory.appending(path: "lorad-demo-\(UUID().uuidString.prefix(8))")
        }
        let url = URL(filePath: keep)
        let found = (try? files.contentsOfDirectory(atPath: url.path)) ?? []
        let isDemo = found.contains(DemoFolder.markName)
        guard found.isEmpty || (overwrite && isDemo) else {
            throw CommandError(
                isDemo
                    ? "\(keep): contains an earlier demonstration: give --overwrite, or another folder"
                    : "\(keep): contains other files: give another folder")
        }
        if isDemo { try files.removeItem(at: url) }
        return url
    }
}
