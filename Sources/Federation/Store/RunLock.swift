import Foundation

/// Keeps two coordinators from the same run. The system releases it also when the process is killed.
final class RunLock: Sendable {
    private static let fileName = "lock"
    private let file: OpenFile

    /// Locks the run of a folder.
    ///
    /// - Throws: `FederationError.invalidConfiguration` that names the process which holds it.
    init(folder: String) throws {
        let path = folder + "/" + Self.fileName
        file = try OpenFile.writing(path)
        guard Self.take(file) else {
            let process = Self.process(path).map { "process \($0)" } ?? "another process"
            throw FederationError(
                .invalidConfiguration, "\(folder): the run is being coordinated by \(process): stop it first")
        }
        try file.truncate(to: 0)
        let text = Data("\(ProcessInfo.processInfo.processIdentifier)\n".utf8)
        try text.withUnsafeBytes { try file.write($0, at: 0) }
    }

    /// The process that coordinates the run of a folder now, if any.
    static func owner(folder: String) -> Int32? {
        let path = folder + "/" + fileName
        guard let file = try? OpenFile.reading(path), !file.trySharedLock() else { return nil }
        return process(path)
    }

    /// Asking for the owner holds the lock for an instant, so it is tried more than once.
    private static func take(_ file: OpenFile) -> Bool {
        for _ in 0..<5 {
            if file.tryExclusiveLock() { return true }
            usleep(5000)
        }
        return false
    }

    private static func process(_ path: String) -> Int32? {
        (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
            Int32($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }
}
