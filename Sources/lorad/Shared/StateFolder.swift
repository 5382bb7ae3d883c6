import Foundation

/// Where lorad keeps what outlives a command: the coordinator's runs, a worker's keys, and downloads.
///
/// By the XDG base directory specification: `$XDG_STATE_HOME/lorad` and `$XDG_CACHE_HOME/lorad`, with
/// `~/.local/state` and `~/.cache` where these are not set.
struct StateFolder {
    let folder: URL
    let cache: URL

    /// - Parameter state: A folder for everything, instead of the two.
    init(_ state: String?, environment: [String: String] = ProcessInfo.processInfo.environment) {
        if let state {
            folder = URL(filePath: state)
            cache = folder.appending(path: "cache")
            return
        }
        let home = FileManager.default.homeDirectoryForCurrentUser
        folder = Self.base(environment["XDG_STATE_HOME"]) ?? home.appending(path: ".local/state/lorad")
        cache = Self.base(environment["XDG_CACHE_HOME"]) ?? home.appending(path: ".cache/lorad")
    }

    private static func base(_ path: String?) -> URL? {
        path.flatMap { $0.hasPrefix("/") ? URL(filePath: $0).appending(path: "lorad") : nil }
    }

    /// The coordinator's runs.
    var runs: URL { folder.appending(path: "runs") }

    /// A run's own folder.
    func run(_ name: String) -> URL { runs.appending(path: name) }

    /// The keys of workers on this machine.
    var workers: URL { folder.appending(path: "workers") }
}
