import Foundation
import Testing

/// A run of the real `lorad` binary, which the build puts beside the test bundle.
final class LoradProcess {
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

    private let process = Process()
    private let folder: TemporaryFolder
    private let ended = AsyncStream.makeStream(of: Int32.self)

    /// Starts the binary in a working directory.
    init(_ arguments: [String], in workingFolder: String) throws {
        folder = try TemporaryFolder()
        process.executableURL = Self.binary
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: workingFolder)
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder.write("", to: "output")))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: folder.write("", to: "errors")))
        process.standardInput = FileHandle.nullDevice
        process.terminationHandler = { [ended] in
            ended.continuation.yield($0.terminationStatus)
            ended.continuation.finish()
        }
        try process.run()
    }

    /// A test that fails leaves no process behind.
    deinit { if process.isRunning { send(SIGKILL) } }

    /// Whether it has not ended.
    var isRunning: Bool { process.isRunning }

    /// Sends a signal to it.
    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// What it has written to standard output so far.
    func outputSoFar() throws -> String { try text("output") }

    /// Waits for its end.
    func outcome() async throws -> Outcome {
        var status: Int32 = -1
        for await ending in ended.stream { status = ending }
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
