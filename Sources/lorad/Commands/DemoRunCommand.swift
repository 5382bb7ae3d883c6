import ArgumentParser
import Foundation

/// `lorad demo run`: federates, and compares.
struct DemoRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Federates an adapter over three workers and compares it with what each reaches alone.",
        discussion: """
            Examples:
              lorad demo
              lorad demo run --workers 5 --keep out/demo

            Pictures of a kind that the bundled model does not know are dealt out unevenly. Workers train alone, then
            together under secure aggregation with one of them killed half-way, then all rows are trained on in one place.
            Nothing is downloaded; every process is a lorad that could as well run on another machine.
            """)

    @Option(help: "A folder to keep everything in; it must not hold anything. A temporary one unless given.")
    var keep: String?

    @Option(help: "How many workers.")
    var workers = 3

    @Option(help: "What pictures, parts and adapters depend on.")
    var seed: UInt64 = 1

    @Flag(help: "Adds differential privacy for every single example, with a budget of epsilon 8.")
    var dp = false

    @Flag(help: "Shows everything in a few seconds, too few to learn much.")
    var fast = false

    @Flag(help: "Replaces what an earlier demonstration left in the folder.")
    var overwrite = false

    @Flag(help: "Prints one JSON object.")
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
                    ? "\(keep): holds an earlier demonstration: give --overwrite, or another folder"
                    : "\(keep): holds other files: give another folder")
        }
        if isDemo { try files.removeItem(at: url) }
        return url
    }
}
