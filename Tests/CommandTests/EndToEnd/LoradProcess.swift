import Foundation
import Synchronization
import Testing

/// A run of the real `lorad` binary, which the build puts beside the test bundle.
final class LoradProcess: Sendable {
    /// What a finished run left.
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// The binary: beside the bundle on macOS, where another program loads it, and beside this executable elsewhere.
    static let binary: URL = {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let executable = URL(filePath: CommandLine.arguments[0])
        return (bundle ?? executable).deletingLastPathComponent().appending(path: "lorad")
    }()

    private let id: pid_t
    private let folder: TemporaryFolder
    private let status = Status()

    /// Seconds after which a process is killed: a test then fails, and does not wait for ever.
    private static let lifetime = 300.0

    /// Starts the binary in a working directory.
    ///
    /// With posix_spawn: Foundation's Process learns of an end through a descriptor that a process started at the same
    /// moment may hold too, and then only when both have ended.
    ///
    /// - Parameters:
    ///   - before: what the shell does first.
    ///   - program: another binary to start.
    init(
        _ arguments: [String], in workingFolder: String, after before: String = ":", program: String? = nil
    ) throws {
        folder = try TemporaryFolder()
        id = try Self.spawn(
            [program ?? Self.binary.path] + arguments, in: workingFolder, after: before, output: folder.path)
        Thread.detachNewThread { [id, status] in
            var word: Int32 = 0
            while waitpid(id, &word, 0) < 0, errno == EINTR {}
            // The exit status, or the number of the signal.
            let code = word & 0x7F == 0 ? (word >> 8) & 0xFF : word & 0x7F
            status.value.withLock { $0 = code }
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.lifetime) { [weak self] in self?.send(SIGKILL) }
    }

    /// A test that fails leaves no process behind.
    deinit { send(SIGKILL) }

    /// How the process ended; nil as long as it runs.
    private final class Status: Sendable {
        let value = Mutex<Int32?>(nil)
    }

    private static func spawn(
        _ command: [String], in folder: String, after before: String, output: String
    ) throws -> pid_t {
        #if os(Linux)
            var (actions, attributes) = (posix_spawn_file_actions_t(), posix_spawnattr_t())
        #else
            var (actions, attributes) = (posix_spawn_file_actions_t?.none, posix_spawnattr_t?.none)
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "\(output)/output", O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, "\(output)/errors", O_WRONLY | O_CREAT, 0o600)
        // The threads that tests run on block signals.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        func strings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] { texts.map { strdup($0) } + [nil] }
        let words = strings(["sh", "-c", "\(before)" + #"; cd "$0" && exec "$@""#, folder] + command)
        let environment = strings(ProcessInfo.processInfo.environment.map { "\($0)=\($1)" })
        defer { for text in words + environment { free(text) } }
        var id: pid_t = 0
        let error = posix_spawn(&id, "/bin/sh", &actions, &attributes, words, environment)
        guard error == 0 else { throw POSIXError(POSIXErrorCode(rawValue: error) ?? .EIO) }
        return id
    }

    /// All that it has in memory and may write to, region by region (Linux).
    func memory() throws -> [Data] {
        let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(id)/mem"))
        return try String(contentsOfFile: "/proc/\(id)/maps", encoding: .utf8).split(separator: "\n").compactMap {
            let columns = $0.split(separator: " ")
            let ends = columns[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard columns[1].hasPrefix("rw"), ends.count == 2, !$0.hasSuffix("[vvar]") else { return nil }
            try file.seek(toOffset: ends[0])
            return try file.read(upToCount: Int(ends[1] - ends[0]))
        }
    }

    /// Whether it has not ended.
    var isRunning: Bool { status.value.withLock { $0 == nil } }

    /// Sends it a signal, if it has not ended.
    func send(_ signal: Int32) { status.value.withLock { if $0 == nil { kill(id, signal) } } }

    /// What it has written to standard output so far.
    func outputSoFar() throws -> String { try text("output") }

    /// What it has written to standard error so far.
    func errorsSoFar() throws -> String { try text("errors") }

    /// Waits for its end.
    func outcome() async throws -> Outcome {
        while isRunning { try await Task.sleep(for: .milliseconds(5)) }
        let status = status.value.withLock { $0 } ?? -1
        return Outcome(status: status, output: try text("output"), errors: try text("errors"))
    }

    /// What it has written to standard error so far.
    var errors: String { (try? text("errors")) ?? "" }

    /// What it has written to standard error by the time that this contains a text.
    ///
    /// - Throws: if that does not come within a minute, or the process ends without it.
    func errors(containing wanted: String) async throws -> String {
        try await wait(for: "'\(wanted)'") { errors.contains(wanted) }
        return errors
    }

    /// Waits for something that comes while the process runs.
    ///
    /// - Throws: if it does not come within a minute, or the process ends without it.
    func wait(for what: String, until isThere: () throws -> Bool) async throws {
        for _ in 0..<12_000 {
            let hasEnded = !isRunning
            if try isThere() { return }
            try #require(!hasEnded, "ended without \(what): \(errors)")
            try await Task.sleep(for: .milliseconds(5))
        }
        throw CancellationError()
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOf: URL(filePath: "\(folder.path)/\(name)"), encoding: .utf8)
    }
}

/// Runs the binary to its end.
@discardableResult
func lorad(_ arguments: String..., in folder: String = TinyLlava.repository) async throws -> LoradProcess.Outcome {
    try await LoradProcess(arguments, in: folder).outcome()
}
